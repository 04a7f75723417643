/** Units by bucket: [bucket, units], ordered by bucket. */
export type Histogram = readonly (readonly [bucket: number, units: number])[]

/** Adds histograms, whose buckets may come in any order. */
export function mergeHistograms(
  histograms: readonly Iterable<readonly [bucket: number, units: number]>[],
): Histogram {
  const merged = new Map<number, number>()
  for (const histogram of histograms)
    for (const [bucket, units] of histogram) merged.set(bucket, (merged.get(bucket) ?? 0) + units)
  return [...merged].sort(([a], [b]) => a - b)
}
