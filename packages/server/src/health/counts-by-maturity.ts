import type { AllocationCounts, MetricKind } from '@flaghoist/health'
import { MATURITY_MS } from '../stores/event-store.ts'
import { MINUTE_MS } from '../time.ts'

/** The minutes of one metric: those whose outcomes have matured, and those after them. */
export interface CountsByMaturity {
  readonly finished: readonly AllocationCounts[]
  readonly recent: readonly AllocationCounts[]
}

/** @param now epoch ms */
export function countsByMaturity(
  counts: readonly AllocationCounts[],
  kind: MetricKind,
  now: number,
): CountsByMaturity {
  // The minutes of an absence are left out until their units had time to report.
  if (kind === 'absence') return { finished: counts, recent: [] }
  const end = now - MINUTE_MS - MATURITY_MS
  const where = (isIn: (minute: number) => boolean) =>
    counts
      .map((one) => ({ ...one, minutes: one.minutes.filter(({ minute }) => isIn(minute)) }))
      .filter(({ minutes }) => minutes.length > 0)
  return { finished: where((minute) => minute <= end), recent: where((minute) => minute > end) }
}
