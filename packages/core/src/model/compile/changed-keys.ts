type Entities = ReadonlyMap<string, object>

/**
 * Keys of a map that is compared with the one before it: every scope of a project asks the same
 * question.
 */
const known = new WeakMap<
  Entities,
  { readonly before: Entities; readonly keys: readonly string[] }
>()

/** Keys whose entity is another object on the other side, or on one side alone. */
export function changedKeys(before: Entities, after: Entities): readonly string[] {
  if (before === after) return []
  const answered = known.get(after)
  if (answered?.before === before) return answered.keys

  const keys: string[] = []
  for (const [key, entity] of after) if (before.get(key) !== entity) keys.push(key)
  for (const key of before.keys()) if (!after.has(key)) keys.push(key)
  known.set(after, { before, keys })
  return keys
}
