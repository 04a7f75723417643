import { defineErrors } from './errors.ts'
import type { Ruleset, RulesetPatch } from './ruleset.ts'

const problem = defineErrors({
  PATCH_MISMATCH: {
    status: 409,
    message:
      'A patch from version {from} does not fit a ruleset of version {version}, or its epoch is another.',
    hint: 'Fetch the whole ruleset.',
  },
})

/** The ruleset after a patch. @throws {FlaghoistError} `PATCH_MISMATCH` */
export function patch(ruleset: Ruleset, change: RulesetPatch): Ruleset {
  if (change.epoch !== ruleset.epoch || change.from !== ruleset.version)
    throw problem('PATCH_MISMATCH', { from: change.from, version: ruleset.version })
  return {
    ...ruleset,
    version: change.to,
    flags: merge(ruleset.flags, change.flags),
    segments: merge(ruleset.segments, change.segments),
  }
}

function merge<T>(
  items: Readonly<Record<string, T>>,
  edits: Readonly<Record<string, T | null>>,
): Readonly<Record<string, T>> {
  const keys = Object.keys(edits)
  if (keys.length === 0) return items
  const merged = new Map(Object.entries(items))
  for (const key of keys) {
    const item = edits[key]!
    if (item === null) merged.delete(key)
    else merged.set(key, item)
  }
  return Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)))
}
