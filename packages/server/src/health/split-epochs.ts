import type { Epoch, MetricKind } from '@flaghoist/health'
import { MATURITY_MS } from '../stores/event-store.ts'
import { MINUTE_MS } from '../time.ts'

/** The minutes of one metric: those whose outcomes have matured, and those after them. */
export interface SplitEpochs {
  readonly finished: readonly Epoch[]
  readonly recent: readonly Epoch[]
}

/** @param now epoch ms */
export function splitEpochs(epochs: readonly Epoch[], kind: MetricKind, now: number): SplitEpochs {
  // The minutes of an absence are left out until their units had time to report.
  if (kind === 'absence') return { finished: epochs, recent: [] }
  const end = now - MINUTE_MS - MATURITY_MS
  const where = (isIn: (minute: number) => boolean) =>
    epochs
      .map((epoch) => ({ ...epoch, minutes: epoch.minutes.filter(({ minute }) => isIn(minute)) }))
      .filter(({ minutes }) => minutes.length > 0)
  return { finished: where((minute) => minute <= end), recent: where((minute) => minute > end) }
}
