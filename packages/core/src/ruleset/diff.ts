import { diffItems } from './items.ts'
import type { Ruleset, RulesetPatch } from './wire.ts'

/**
 * Returns the patch from one version of a ruleset to a later version of the same epoch: `patch(a,
 * diff(a, b))` equals `b`, byte for byte. Does not compare items that are the same object.
 */
export function diff(from: Ruleset, to: Ruleset): RulesetPatch {
  return {
    epoch: to.epoch,
    from: from.version,
    to: to.version,
    flags: diffItems(from.flags, to.flags),
    segments: diffItems(from.segments, to.segments),
    hash: to.hash,
  }
}
