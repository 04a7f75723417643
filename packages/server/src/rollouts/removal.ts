import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { removalSteps } from '../flags/removal-steps.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS } from '../time.ts'
import type { Removal } from './schemas.ts'

const DAYS = 7
/** A row for each scope, variant and reason. */
const MAX_ROWS = 100_000

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
    steps: removalSteps(state, { project, flag, environments: [...state.environments.keys()] }, to),
  }
}

function evaluationText(evaluations: number, others: number): string {
  if (evaluations === 0) return 'No evaluation has been counted since then.'
  return `${others} of ${evaluations} evaluations since then served another variant.`
}
