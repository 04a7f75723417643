import type { Arms, Epoch, Histogram, Metric, MinuteCounts } from '@flaghoist/health'
import { getOrSet } from '../../get-or-set.ts'
import { MATURITY_MS, type SeriesMinute } from '../../stores/event-store.ts'
import { MINUTE_MS } from '../../time.ts'

/** The minutes of one metric: those whose counts are final, and those after them. */
export interface SplitEpochs {
  readonly finished: readonly Epoch[]
  readonly recent: readonly Epoch[]
}

/** Time after which a unit that has not reported `alive` counts as vanished. */
const ABSENCE_MS = 2 * MINUTE_MS

/**
 * Returns the counts of one metric by allocation.
 *
 * @param shareOf returns the designed share of an allocation, 0 to 1
 * @param now epoch ms; minutes that are younger than the maturity window are recent
 */
export function metricEpochs(
  rows: readonly SeriesMinute[],
  metric: Metric,
  { shareOf, now }: { readonly shareOf: (revision: number) => number; readonly now: number },
): SplitEpochs {
  const isAbsence = metric.kind === 'absence'
  const end = now - MINUTE_MS - (isAbsence ? ABSENCE_MS : MATURITY_MS)
  const epochs = epochsOf(rows, metric, shareOf)
  const within = (keeps: (minute: MinuteCounts) => boolean) =>
    epochs
      .map((epoch) => ({ ...epoch, minutes: epoch.minutes.filter(keeps) }))
      .filter(({ minutes }) => minutes.length > 0)
  return {
    finished: within(({ minute }) => minute <= end),
    // An absence is none before its time is over.
    recent: isAbsence ? [] : within(({ minute }) => minute > end),
  }
}

function epochsOf(
  rows: readonly SeriesMinute[],
  { key, kind }: Metric,
  shareOf: (revision: number) => number,
): readonly Epoch[] {
  const epochs = new Map<number, Map<number, Draft>>()
  for (const row of rows) {
    if (row.arm === '') continue
    const minutes = getOrSet(epochs, row.revision, () => new Map<number, Draft>())
    const draft = getOrSet(minutes, row.minute, () => draftOf(row.minute))
    // A unit that stays absent is missed once, where the attempt exposed it first.
    draft.exposed[row.arm] += kind === 'absence' ? row.first : row.exposed
    const outcomes = row.outcomes.find(({ metric }) => metric === key)
    if (outcomes === undefined) continue
    draft.arrived[row.arm] += outcomes.units
    draft.matured[row.arm] += outcomes.matured
    if (kind === 'measurement') draft.measured[row.arm] = outcomes.histogram
  }
  return [...epochs]
    .sort(([a], [b]) => a - b)
    .map(([revision, minutes]) => ({
      revision,
      share: shareOf(revision),
      minutes: [...minutes.values()]
        .sort((a, b) => a.minute - b.minute)
        .map(({ measured, ...counts }) =>
          kind === 'measurement' ? { ...counts, measured } : counts,
        ),
    }))
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] }
interface Draft {
  readonly minute: number
  readonly exposed: Writable<Arms>
  readonly arrived: Writable<Arms>
  readonly matured: Writable<Arms>
  readonly measured: { control: Histogram; treatment: Histogram }
}

function draftOf(minute: number): Draft {
  const none = () => ({ control: 0, treatment: 0 })
  return {
    minute,
    exposed: none(),
    arrived: none(),
    matured: none(),
    measured: { control: [], treatment: [] },
  }
}
