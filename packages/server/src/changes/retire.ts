import { layerKey } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import type { PlannedEdit } from './changes.ts'

/**
 * Edits that archive a flag: it keeps its definition and its kills, and lets go of the scopes and segments that may go with it.
 * @param isKept whether a scope is still there afterwards
 */
export function retire(
  { layers, ...definition }: Flag,
  isKept: (scope: string) => boolean,
  now: string,
): PlannedEdit[] {
  const { key, archivedAt = now } = definition
  const { rules: _, rollout: __, ...base } = layers['*'] ?? {}
  return [
    { kind: 'flag', key, after: { ...definition, archivedAt } },
    ...Object.entries(layers).map(([scope, { killed }]): PlannedEdit => {
      const left = killed !== undefined && isKept(scope) ? { killed } : null
      return { kind: 'layer', key: layerKey(key, scope), after: scope === '*' ? base : left }
    }),
  ]
}
