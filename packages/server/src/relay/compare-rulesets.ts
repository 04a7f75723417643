import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import { diffInSteps } from '@flaghoist/core/internal'

/** The comparison of a received ruleset with the one before. */
export interface Comparison {
  readonly before: Ruleset
  /** True if both have the same version and items. */
  readonly isSame: boolean
  /** The patch to a later version of the same log; undefined for any other ruleset. */
  readonly patch: RulesetPatch | undefined
}

/**
 * Compares a received value with a ruleset in small steps. Equal items become the objects of that
 * ruleset, so that they are hashed and held once. Undefined for a value that is no ruleset of the
 * same log, or an older one.
 */
export function* compareRulesets(
  before: Ruleset | undefined,
  value: unknown,
): Generator<undefined, Comparison | undefined> {
  if (before === undefined || !isComparable(value, before)) return undefined
  const patch = yield* diffInSteps(before, value)
  for (const name of ['flags', 'segments'] as const)
    shareItems(before[name], value[name], patch[name])
  if (before.version < value.version) return { before, isSame: false, patch }
  const edits = [...Object.keys(patch.flags), ...Object.keys(patch.segments)]
  const isSame = before.hash === value.hash && edits.length === 0
  return { before, isSame, patch: undefined }
}

/** The store checks the value, after it was compared. */
function isComparable(value: unknown, before: Ruleset): value is Ruleset {
  const { epoch, version, flags, segments } = Object(value) as Partial<Ruleset>
  return epoch === before.epoch && version! >= before.version && !!flags && !!segments
}

/** @param edits items that differ */
function shareItems(before: object, after: object, edits: object): void {
  for (const [key, item] of Object.entries(before))
    if (Object.hasOwn(after, key) && !Object.hasOwn(edits, key))
      Object.assign(after, { [key]: item })
}
