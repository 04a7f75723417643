/** Flags or segments by key. */
export type Items<T> = Readonly<Record<string, T>>

/**
 * Returns the edits from some items to others; `null` removes an item. Compares one item in each
 * step. Omits items with equal bytes, and does not compare items that are the same object.
 */
export function* diffItemsInSteps<T>(
  from: Items<T>,
  to: Items<T>,
): Generator<undefined, Record<string, T | null>> {
  if (from === to) return {}
  const edits: [string, T | null][] = []
  for (const [key, item] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    if (before === item) continue
    if (before === undefined || !hasEqualBytes(before, item)) edits.push([key, item])
    yield
  }
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) edits.push([key, null])
  return Object.fromEntries(edits)
}

/**
 * Checks that two JSON values have the same text, so that the order of members counts. Ends at the
 * first difference, and compares shared parts by reference only.
 */
export function hasEqualBytes(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object') return false
  if (one === null || other === null || Array.isArray(one) !== Array.isArray(other)) return false
  if (Array.isArray(one)) return hasEqualItems(one, other as unknown[])
  const [names, others] = [Object.keys(one), Object.keys(other)]
  return (
    names.length === others.length &&
    names.every((name, i) => {
      const key = name as keyof typeof one
      return name === others[i] && hasEqualBytes(one[key], other[key])
    })
  )
}

/** Compares lists, which may hold 100,000 texts. */
function hasEqualItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, i) => hasEqualBytes(item, other[i]))
}

/** Applies edits to items. Sorts the result by key, so that equal rulesets have equal bytes. */
export function patchItems<T>(items: Items<T>, edits: Items<T | null>): Items<T> {
  const keys = Object.keys(edits)
  if (keys.length === 0) return items
  // Replaced items keep their places, and most patches only replace some.
  if (keys.every((key) => edits[key] !== null && Object.hasOwn(items, key)))
    return { ...items, ...(edits as Items<T>) }
  const patched = Object.entries<T | null>({ ...items, ...edits })
  return sortedByKey(patched.filter((entry): entry is [string, T] => entry[1] !== null))
}

/**
 * Returns items in the order of every ruleset: keys by UTF-16 units, except for keys that
 * JavaScript orders itself.
 */
export function sortedByKey<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
