import type { Issue } from '../../errors.ts'
import type { Clause } from '../../ruleset/wire.ts'
import type { Edit, Layer } from '../../schema/index.ts'
import { EVERYWHERE, environmentOf, instanceOf, parseLayerKey } from '../../scope.ts'
import { entityOf } from '../apply.ts'
import type { ProjectState } from '../state.ts'

/** How many users a message names. */
const SHOWN = 5

/** What others still need of the entities that the edits remove. */
export function validateRemovals(after: ProjectState, edits: readonly Edit[]): readonly Issue[] {
  return edits
    .filter(({ kind, key, after: left }) => left === null && entityOf(after, kind, key) === null)
    .flatMap((edit) => {
      const users = usersOf(after, edit)
      if (users.length === 0) return []
      const message = `"${edit.key}" cannot be removed: ${listed(users)} ${users.length > 1 ? 'need' : 'needs'} it. ${cureFor(edit)}`
      return [{ path: `${edit.kind}:${edit.key}`, message }]
    })
}

function listed(users: readonly string[]): string {
  const others = users.length - SHOWN
  return `${users.slice(0, SHOWN).join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}

function cureFor({ kind, key }: Edit): string {
  switch (kind) {
    case 'flag':
      return 'Archive it instead.'
    case 'project':
      return 'Remove what is in it.'
    case 'layer':
      return 'Set what it should be instead.'
    default:
      return `Take "${key}" out there first.`
  }
}

function usersOf(state: ProjectState, edit: Edit): readonly string[] {
  switch (edit.kind) {
    case 'flag':
      return ['its history']
    case 'project':
      return ['its log']
    case 'layer': {
      const { flag, scope } = parseLayerKey(edit.key)
      return scope === EVERYWHERE && state.flags.has(flag) ? ['every scope'] : []
    }
    case 'segment':
      return layersWhere(state, (layer) => namesSegment(layer, edit.key))
    case 'environment':
      return usersOfScope(state, (scope) => environmentOf(scope) === edit.key)
    case 'instance':
      return usersOfScope(state, (scope) => instanceOf(scope) === edit.key)
    case 'apiKey':
      return []
  }
}

function usersOfScope(state: ProjectState, isUsed: (scope: string) => boolean): readonly string[] {
  const keys = [...state.apiKeys.values()]
    .filter(
      ({ scope, revokedAt }) => revokedAt === undefined && scope !== undefined && isUsed(scope),
    )
    .map(({ name }) => `the key "${name}"`)
  return [...layersWhere(state, (_, scope) => isUsed(scope)), ...keys]
}

function layersWhere(
  state: ProjectState,
  isUser: (layer: Layer, scope: string) => boolean,
): readonly string[] {
  return [...state.flags.values()].flatMap(({ key, layers }) =>
    Object.entries(layers)
      .filter(([scope, layer]) => isUser(layer, scope))
      .map(([scope]) => `"${key}" in ${scope}`),
  )
}

function namesSegment({ rules = [], rollout }: Layer, key: string): boolean {
  const isNamed = (clause: Clause) => clause.op === 'segment' && clause.values.includes(key)
  if (rollout?.segments?.includes(key)) return true
  return rules.some(({ when }) => when.some((group) => group.some(isNamed)))
}
