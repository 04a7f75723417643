import type { Issue } from '../../errors.ts'
import type { Clause } from '../../ruleset.ts'
import type { Edit, Layer } from '../../schema/index.ts'
import { scopesOf } from '../layers.ts'
import type { ProjectState } from '../state.ts'

/** What others still need of the entities that the edits remove. */
export function validateRemovals(after: ProjectState, edits: readonly Edit[]): readonly Issue[] {
  return edits
    .filter((edit) => edit.after === null)
    .flatMap((edit) => {
      const users = usersOf(after, edit)
      if (users.length === 0) return []
      const message = `"${edit.key}" cannot be removed: ${users.slice(0, 5).join(', ')} ${users.length > 1 ? 'need' : 'needs'} it.`
      return [{ path: `${edit.kind}:${edit.key}`, message }]
    })
}

function usersOf(state: ProjectState, edit: Edit): readonly string[] {
  switch (edit.kind) {
    case 'flag':
      return ['its history (archive the flag instead)']
    case 'project':
      return ['its log']
    case 'layer':
      return edit.key.endsWith('@*') && state.flags.has(edit.key.slice(0, -2))
        ? ['every scope']
        : []
    case 'segment':
      return layersWhere(state, (layer) => namesSegment(layer, edit.key))
    case 'environment':
      return usersOfScope(state, (scope) => scopesOf(scope)[1] === edit.key)
    case 'instance':
      return usersOfScope(state, (scope) => scope.endsWith(`/${edit.key}`))
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
