import { EVERYWHERE, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag, ProgressiveRollout } from '@flaghoist/core/schema'
import { callOf } from '../flags/call-of.ts'
import { onlyVariant } from '../flags/only-variant.ts'
import { dependantsOf } from '../flags/risk/dependants.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS } from '../time.ts'
import type { Removal } from './schemas.ts'

const DAYS = 7
/** A row for each scope, variant and reason. */
const MAX_ROWS = 100_000
/** The number of scopes and flags that a step names. */
const SHOWN = 5

/**
 * Proposes the removal of a flag: the path that stays, its last evaluations, and the next steps.
 * @returns undefined before a rollout is complete, and for a permanent or archived flag
 */
export async function proposeRemoval(
  events: Pick<EventStore, 'exposures'>,
  { key: project, state }: Pick<LiveProject, 'key' | 'state'>,
  { flag: key, status, to, environment, endedAt = '' }: ProgressiveRollout,
  now: number,
): Promise<Removal | undefined> {
  const flag = state.flags.get(key)
  const isKept = flag === undefined || flag.permanent || flag.archivedAt !== undefined
  if (status !== 'completed' || isKept) return undefined
  const from = Math.max(Date.parse(endedAt), now - DAYS * DAY_MS)
  const span = { from, to: now + DAY_MS, stepMs: Number.POSITIVE_INFINITY, limit: MAX_ROWS }
  const rows = await events.exposures(project, { flag: flag.key, within: environment, ...span })
  const sum = (found: typeof rows) => found.reduce((total, { count }) => total + count, 0)
  const [evaluations, others] = [sum(rows), sum(rows.filter(({ variant }) => variant !== to))]
  return {
    variant: to,
    evaluations,
    otherEvaluations: others,
    text: `All users of ${environment} get "${to}" since ${endedAt}. ${evaluationText(evaluations, others)}`,
    steps: stepsOf(state, `/api/v1/projects/${project}`, flag, to),
  }
}

function evaluationText(evaluations: number, others: number): string {
  if (evaluations === 0) return 'No evaluation has been counted since then.'
  return `${others} of ${evaluations} evaluations since then served another variant.`
}

function stepsOf(state: ProjectState, path: string, flag: Flag, to: string): string[] {
  const elsewhere = scopesOfOthers(state, flag, to)
  const dependants = dependantsOf(state, flag.key)
  const flagPath = `${path}/flags/${flag.key}`
  return [
    ...(elsewhere.length === 0
      ? []
      : [
          `Check that users of ${namesOf(elsewhere)} may get "${to}": other variants are served there.`,
        ]),
    ...(dependants.length === 0
      ? []
      : [`Remove the flag from the prerequisites of ${namesOf(dependants)}.`]),
    `Keep the code of "${to}". Delete the other path and ${callOf(flag)}, and deploy.`,
    `Wait until no deployment evaluates the flag: GET ${flagPath}/usage`,
    `Archive it, since callers would get their own default: DELETE ${flagPath}`,
    'Run "npx flaghoist-codegen" if you use typed flags: a forgotten key no longer compiles.',
  ]
}

/** Lists the scopes in which a flag can serve another variant. */
function scopesOfOthers(state: ProjectState, flag: Flag, to: string): readonly string[] {
  const layered = Object.keys(flag.layers).filter((scope) => scope !== EVERYWHERE)
  return [...new Set([...state.environments.keys(), ...layered])].filter(
    (scope) => onlyVariant(resolveInScope(state, flag, scope).configuration) !== to,
  )
}

function namesOf(names: readonly string[]): string {
  const more = names.length - SHOWN
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
