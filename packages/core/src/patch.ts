import { defineErrors, type FlaghoistError } from './errors.ts'
import type { Ruleset, RulesetPatch } from './ruleset.ts'

/** What {@link patch} refuses. */
export const patchErrors = {
  PATCH_MISMATCH: {
    status: 409,
    message:
      'A patch from version {from} to {to} does not fit a ruleset of version {version}, or its epoch is another.',
    hint: 'Fetch the whole ruleset.',
  },
} as const

const problem = defineErrors(patchErrors)

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

/**
 * The ruleset after a patch. Items that the patch does not name stay the same objects.
 * @throws {FlaghoistError} `PATCH_MISMATCH` unless the patch starts at this epoch and version
 */
export function patch(ruleset: Ruleset, change: RulesetPatch): Ruleset {
  if (change.epoch !== ruleset.epoch || change.from !== ruleset.version)
    throw mismatch(ruleset, change)

  return {
    ...ruleset,
    version: change.to,
    flags: merge(ruleset.flags, change.flags),
    segments: merge(ruleset.segments, change.segments),
  }
}

/** The error for a patch that a ruleset cannot take. */
export function mismatch({ version }: Ruleset, { from, to }: RulesetPatch): FlaghoistError {
  return problem('PATCH_MISMATCH', { from, to, version })
}

/** Flags or segments by their keys. */
export type Items<T> = Readonly<Record<string, T>>

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

/** The items after edits, sorted by key as they were, so that equal rulesets have equal bytes. */
export function merge<T>(items: Items<T>, edits: Items<T | null>): Items<T> {
  const edited = Object.entries(edits)
  if (edited.length === 0) return items

  const merged = new Map(Object.entries(items))
  for (const [key, item] of edited) {
    if (item === null) merged.delete(key)
    else merged.set(key, item)
  }
  const hasNew = edited.some(([key]) => !Object.hasOwn(items, key))
  return hasNew ? sortedByKey(merged) : Object.fromEntries(merged)
}

/** Items in the order that every ruleset has: keys by UTF-16 units, as far as a record keeps an order. */
export function sortedByKey<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
