import { canonicalJson } from '../canonical-json.ts'
import type { Edit } from '../schema/index.ts'
import { parseLayerKey } from '../scope.ts'
import { resolveLayers } from './layers.ts'
import type { ProjectState } from './state.ts'

/** Steps of a flag in a scope that no context reaches, because a rule before them matches all. */
export interface UnreachableSteps {
  readonly flag: string
  readonly scope: string
  /** Id of the rule that matches every context. */
  readonly rule: string
  /** Ids of the rules after it. */
  readonly rules: readonly string[]
  readonly hasRollout: boolean
}

/** Returns the steps that edits of layers make unreachable. */
export function unreachableByEdits(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly UnreachableSteps[] {
  return edits.flatMap(({ kind, key }) => {
    if (kind !== 'layer') return []
    const found = unreachableIn(after, key)
    const isNew = canonicalJson(found ?? null) !== canonicalJson(unreachableIn(before, key) ?? null)
    return found !== undefined && isNew ? found : []
  })
}

/** Returns the unreachable steps in the scope of a layer, whether it sets or inherits them. */
function unreachableIn({ flags }: ProjectState, layer: string): UnreachableSteps | undefined {
  const { flag: key, scope } = parseLayerKey(layer)
  const flag = flags.get(key)
  if (flag === undefined) return undefined
  const { rules = [], rollout } = resolveLayers(flag, scope).configuration
  const index = rules.findIndex(({ when }) => when.length === 0)
  const rule = rules[index]
  const later = rules.slice(index + 1)
  if (rule === undefined || (later.length === 0 && rollout === undefined)) return undefined
  const ids = later.map(({ id }) => id)
  return { flag: key, scope, rule: rule.id, rules: ids, hasRollout: rollout !== undefined }
}
