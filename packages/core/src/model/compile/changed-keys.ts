type Entities = ReadonlyMap<string, unknown>

/** The last comparison of each map, because all scopes of a project compare the same maps. */
const comparisons = new WeakMap<
  Entities,
  { readonly before: Entities; readonly keys: readonly string[] }
>()

/** Returns the keys whose value is another one in the other map, or missing from it. */
export function changedKeys(before: Entities, after: Entities): readonly string[] {
  if (before === after) return []
  const cached = comparisons.get(after)
  if (cached?.before === before) return cached.keys

  const keys: string[] = []
  for (const [key, entity] of after) if (before.get(key) !== entity) keys.push(key)
  for (const key of before.keys()) if (!after.has(key)) keys.push(key)
  comparisons.set(after, { before, keys })
  return keys
}
