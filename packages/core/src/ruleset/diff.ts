import { runAtOnce } from '../run-at-once.ts'
import { diffItemsInSteps } from './items.ts'
import type { Ruleset, RulesetPatch } from './wire.ts'

/**
 * Returns the patch from one version of a ruleset to a later version of the same epoch: `patch(a,
 * diff(a, b))` equals `b`, byte for byte. Does not compare items that are the same object.
 */
export function diff(from: Ruleset, to: Ruleset): RulesetPatch {
  return runAtOnce(diffInSteps(from, to))
}

/** Does the same as {@link diff} in small steps. */
export function* diffInSteps(from: Ruleset, to: Ruleset): Generator<undefined, RulesetPatch> {
  return {
    epoch: to.epoch,
    from: from.version,
    to: to.version,
    flags: yield* diffItemsInSteps(from.flags, to.flags),
    segments: yield* diffItemsInSteps(from.segments, to.segments),
    hash: to.hash,
  }
}
