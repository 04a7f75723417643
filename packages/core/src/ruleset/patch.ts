import { DEV } from '../dev.ts'
import { codeOnly, defineErrors, type FlaghoistError } from '../errors.ts'
import type { Ruleset, RulesetPatch } from './wire.ts'

/** What {@link patch} refuses. */
export const patchErrors = {
  PATCH_MISMATCH: {
    status: 409,
    message:
      'A patch from version {from} to {to} does not fit a ruleset of version {version}, or its epoch is another.',
    hint: 'Fetch the whole ruleset.',
  },
} as const

const problem = DEV ? defineErrors(patchErrors) : codeOnly(patchErrors)

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

/** The items after edits, sorted by key, so that equal rulesets have equal bytes. */
export function merge<T>(items: Items<T>, edits: Items<T | null>): Items<T> {
  if (Object.keys(edits).length === 0) return items
  const merged = Object.entries<T | null>({ ...items, ...edits })
  return sortedByKey(merged.filter((entry): entry is [string, T] => entry[1] !== null))
}

/** Items in the order that every ruleset has: keys by UTF-16 units, as far as a record keeps an order. */
export function sortedByKey<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
