import { getOrSet } from '../get-or-set.ts'
import type { CellCounters } from './event-counters.ts'
import type { VariantCount, VariantCountQuery } from './event-store.ts'
import { isAttemptSelected } from './event-sums.ts'

/** Sums counts by scope and variant, in their order. Sums of zero are left out. */
export function countByVariant(counts: Iterable<VariantCount>): readonly VariantCount[] {
  const sums = new Map<string, { -readonly [K in keyof VariantCount]: VariantCount[K] }>()
  for (const { scope, variant, count, units } of counts) {
    const sum = getOrSet(sums, `${scope} ${variant}`, () => {
      return { scope, variant, count: 0, units: 0 }
    })
    sum.count += count
    sum.units += units
  }
  return [...sums]
    .filter(([, { count, units }]) => count > 0 || units > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => sum)
}

/** Sums the exposures of the selected cells by scope and variant. */
export function countCells(
  cells: Iterable<CellCounters>,
  query: VariantCountQuery,
): readonly VariantCount[] {
  const { from, to } = query
  const counts: VariantCount[] = []
  for (const { cell, exposures } of cells) {
    if (!isAttemptSelected(cell, query)) continue
    const { scope, variant } = cell
    for (const { minute, count, units } of exposures.values())
      if (minute >= from && minute < to) counts.push({ scope, variant, count, units })
  }
  return countByVariant(counts)
}
