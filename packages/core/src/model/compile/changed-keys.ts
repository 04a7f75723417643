import { CopyOnWriteMap } from '../copy-on-write-map.ts'

type Entities = ReadonlyMap<string, unknown>

interface Comparison {
  /** Weak: each map would otherwise keep the one before it, and so all maps since the start. */
  readonly before: WeakRef<Entities>
  readonly keys: readonly string[]
}

/** The last comparison of each map, because all scopes of a project compare the same maps. */
const comparisons = new WeakMap<Entities, Comparison>()

/** Returns the keys whose value is another one in the other map, or missing from it. */
export function changedKeys(before: Entities, after: Entities): readonly string[] {
  if (before === after) return []
  const cached = comparisons.get(after)
  if (cached?.before.deref() === before) return cached.keys

  const keys: string[] = []
  for (const key of keysBeside(after, before))
    if (before.get(key) !== after.get(key)) keys.push(key)
  for (const key of keysBeside(before, after)) if (!after.has(key)) keys.push(key)
  comparisons.set(after, { before: new WeakRef(before), keys })
  return keys
}

/** Skips the entities that both maps share. */
function keysBeside(map: Entities, other: Entities): Iterable<string> {
  return map instanceof CopyOnWriteMap ? map.keysBeside(other) : map.keys()
}
