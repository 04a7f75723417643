import { EVERYWHERE, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { callOf } from './call-of.ts'
import { onlyVariant } from './only-variant.ts'
import { dependantsOf } from './risk/dependants.ts'

/** The number of scopes and flags that a step names. */
const SHOWN = 5

/** A flag to remove, with the layers and in the environments that its reader may see. */
export interface Removable {
  readonly project: string
  readonly flag: Flag
  readonly environments: readonly string[]
}

/** Returns the steps that remove a flag from code and server, and leave one variant to all. */
export function removalSteps(
  state: ProjectState,
  { project, flag, environments }: Removable,
  to: string,
): string[] {
  const kept = to === '' ? "the caller's fallback" : `"${to}"`
  const elsewhere = scopesOfOthers(state, { flag, environments }, to)
  const dependants = dependantsOf(state, flag.key)
  const path = `/api/v1/projects/${project}/flags/${flag.key}`
  return [
    ...(elsewhere.length === 0
      ? []
      : [
          `Check that users of ${namesOf(elsewhere)} may get ${kept}: other variants are served there.`,
        ]),
    ...(dependants.length === 0
      ? []
      : [`Remove the flag from the prerequisites of ${namesOf(dependants)}.`]),
    `Keep the code of ${kept}. Delete the other path and ${callOf(flag)}, and deploy.`,
    `Wait until no deployment evaluates the flag: GET ${path}/usage`,
    `Archive it, since callers would get their own default: DELETE ${path}`,
    'Run "npx flaghoist-codegen" if you use typed flags: a forgotten key no longer compiles.',
  ]
}

/** Lists the scopes in which a flag can serve another variant. */
function scopesOfOthers(
  state: ProjectState,
  { flag, environments }: Omit<Removable, 'project'>,
  to: string,
): readonly string[] {
  const layered = Object.keys(flag.layers).filter((scope) => scope !== EVERYWHERE)
  return [...new Set([...environments, ...layered])].filter(
    (scope) => onlyVariant(resolveInScope(state, flag, scope).configuration) !== to,
  )
}

function namesOf(names: readonly string[]): string {
  const more = names.length - SHOWN
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
