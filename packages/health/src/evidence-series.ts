import type { AllocationCounts, Arms } from './counts.ts'
import { fold, withRecent } from './fold.ts'
import type { Metric } from './metric.ts'
import { standardisedRates } from './rates.ts'
import { emptyTally, evidenceOfHarm, type Tally } from './tally.ts'

/** The evidence of harm at the end of a minute: a point of a plot. */
export interface EvidencePoint {
  /** Start of the minute, epoch ms. */
  readonly minute: number
  /** Logarithm of the evidence of harm. */
  readonly log10: number
  /** Shares of units with the outcome so far, as sentences name them. */
  readonly rates: Arms
}

/**
 * Returns the evidence of harm after each minute, oldest first. Its last point is the number that
 * decides a verdict on the same counts if the plan has no limit of steps.
 *
 * @param finished minutes whose outcomes have matured
 * @param recent the minutes after them
 */
export function evidenceSeries(
  metric: Metric,
  finished: readonly AllocationCounts[],
  recent: readonly AllocationCounts[],
): readonly EvidencePoint[] {
  const points = new Map<number, EvidencePoint>()
  let tally = emptyTally(metric)
  const addAll = (allocations: readonly AllocationCounts[], add: typeof fold) => {
    for (const allocation of allocations)
      for (const minute of allocation.minutes) {
        tally = add(tally, [{ ...allocation, minutes: [minute] }])
        points.set(minute.minute, pointOf(tally, minute.minute))
      }
  }
  addAll(finished, fold)
  addAll(recent, withRecent)
  return [...points.values()]
}

function pointOf(tally: Tally, minute: number): EvidencePoint {
  return { minute, log10: evidenceOfHarm(tally), rates: standardisedRates(tally) }
}
