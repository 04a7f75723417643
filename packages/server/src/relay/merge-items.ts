import { LIMITS } from '@flaghoist/core'
import type { ReportedExposure, ReportedOutcome } from '../ingest/schemas.ts'

/** The items of one or more batches. */
export interface Items {
  readonly exposures: ReportedExposure[]
  readonly outcomes: ReportedOutcome[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Largest count that a server accepts. */
const MAX_COUNT = 1_000_000_000

/**
 * Merges the items of many clients: equal cells of a minute become one item. Counts are added, and
 * units joined. The result depends on nothing but the items and their order.
 */
export function mergeItems(all: readonly Items[]): Items {
  return {
    exposures: merge(
      all.flatMap(({ exposures }) => exposures),
      ({ count, units, ...cell }) => [cell, units === undefined],
      addExposure,
    ),
    outcomes: merge(
      all.flatMap(({ outcomes }) => outcomes),
      ({ units, buckets, ...cell }) => [cell, buckets === undefined],
      addOutcome,
    ),
  }
}

/**
 * @param cellOf returns the members in which items of one cell agree
 * @param add adds an item to a sum; returns false if the sum has no room
 */
function merge<T>(
  items: readonly T[],
  cellOf: (item: T) => unknown,
  add: (sum: Mutable<T>, item: T) => boolean,
): T[] {
  const sums: Mutable<T>[] = []
  const newest = new Map<string, Mutable<T>>()
  for (const item of items) {
    const cell = JSON.stringify(cellOf(item))
    const known = newest.get(cell)
    if (known !== undefined && add(known, item)) continue
    const sum = structuredClone(item)
    sums.push(sum)
    newest.set(cell, sum)
  }
  return sums
}

function addExposure(sum: Mutable<ReportedExposure>, item: ReportedExposure): boolean {
  const { units = [] } = sum
  const { units: more = [] } = item
  if (units.length + more.length > LIMITS.eventsPerBatch || sum.count + item.count > MAX_COUNT)
    return false
  sum.count += item.count
  units.push(...more)
  return true
}

function addOutcome(sum: Mutable<ReportedOutcome>, item: ReportedOutcome): boolean {
  if (sum.units.length + item.units.length > LIMITS.eventsPerBatch) return false
  sum.units.push(...item.units)
  sum.buckets?.push(...(item.buckets ?? []))
  return true
}
