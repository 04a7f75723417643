import type { SplitRange } from '../ruleset/wire.ts'

/** Returns the number of buckets that each variant owns. */
export function weightsOf(ranges: readonly SplitRange[]): Record<string, number> {
  const weights = new Map<string, number>()
  for (const [start, end, variant] of ranges)
    weights.set(variant, (weights.get(variant) ?? 0) + end - start)
  return Object.fromEntries(weights)
}

/**
 * Returns the number of buckets that change their variant between two splits of the same salt; a
 * bucket is 0.001 % of all units. A bucket that has a variant in only one of the splits counts too.
 */
export function movedBuckets(before: readonly SplitRange[], after: readonly SplitRange[]): number {
  const edges = new Set<number>()
  for (const [start, end] of [...before, ...after]) edges.add(start).add(end)
  const ownerBefore = ownerAt(before)
  const ownerAfter = ownerAt(after)
  let moved = 0
  let last = 0
  let isMoved = false
  for (const edge of [...edges].sort((a, b) => a - b)) {
    if (isMoved) moved += edge - last
    isMoved = ownerBefore(edge) !== ownerAfter(edge)
    last = edge
  }
  return moved
}

/**
 * Returns a lookup of the variant that owns a bucket. Calls in ascending order share one pass over
 * the ranges.
 */
function ownerAt(ranges: readonly SplitRange[]): (bucket: number) => string | undefined {
  const sorted = [...ranges].sort(([a], [b]) => a - b)
  let i = 0
  return (bucket) => {
    while (i < sorted.length && sorted[i]![1] <= bucket) i += 1
    const range = sorted[i]
    return range !== undefined && range[0] <= bucket ? range[2] : undefined
  }
}
