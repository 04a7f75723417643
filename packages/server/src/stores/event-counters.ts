import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../get-or-set.ts'
import type { Cell } from './event-store.ts'

/** The counters of a cell, by minute, as a store holds or reads them. */
export interface CellCounters {
  readonly cell: Cell
  readonly exposures: Map<string, ExposureCounter>
  readonly outcomes: Map<string, OutcomeCounter>
}

export interface ExposureCounter {
  readonly minute: number
  readonly reason: Reason
  count: number
  units: number
  /** Those of `units` that no allocation of the attempt had exposed before. */
  first: number
}

export interface OutcomeCounter {
  readonly minute: number
  readonly metric: string
  units: number
  matured: number
  /** Units by bucket of the histogram. */
  readonly histogram: Map<number, number>
}

export function newCellCounters({ flag, scope, revision, attempt, variant, arm, split }: Cell) {
  return {
    cell: { flag, scope, revision, attempt, variant, arm, split },
    exposures: new Map(),
    outcomes: new Map(),
  } satisfies CellCounters
}

/** Returns the counter of a minute and a reason; a new one if there is none. */
export function exposureCounter(
  { exposures }: CellCounters,
  minute: number,
  reason: Reason,
): ExposureCounter {
  return getOrSet(exposures, `${minute} ${reason}`, () => {
    return { minute, reason, count: 0, units: 0, first: 0 }
  })
}

/** Returns the counter of a minute and a metric; a new one if there is none. */
export function outcomeCounter(
  { outcomes }: CellCounters,
  minute: number,
  metric: string,
): OutcomeCounter {
  return getOrSet(outcomes, `${minute} ${metric}`, () => {
    return { minute, metric, units: 0, matured: 0, histogram: new Map() }
  })
}

/** Counts units in a bucket of a histogram. */
export function addToHistogram({ histogram }: OutcomeCounter, bucket: number, units: number): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + units)
}
