import type { Items } from './patch.ts'
import type { Ruleset, RulesetPatch } from './wire.ts'

/**
 * What leads from one version of a ruleset to a later one of the same epoch: `patch(a, diff(a, b))` is `b`, to the
 * byte. Items that are the same object are not compared further.
 */
export function diff(from: Ruleset, to: Ruleset): RulesetPatch {
  return {
    epoch: to.epoch,
    from: from.version,
    to: to.version,
    flags: difference(from.flags, to.flags),
    segments: difference(from.segments, to.segments),
  }
}

/** What leads from some items to others, `null` for what goes; items whose bytes are equal are left out. */
export function difference<T>(from: Items<T>, to: Items<T>): Record<string, T | null> {
  if (from === to) return {}
  const edits: [string, T | null][] = []
  for (const [key, item] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    if (before === item) continue
    // Compared as bytes, because bytes are what is promised: the order of members counts.
    if (before === undefined || JSON.stringify(before) !== JSON.stringify(item))
      edits.push([key, item])
  }
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) edits.push([key, null])
  return Object.fromEntries(edits)
}
