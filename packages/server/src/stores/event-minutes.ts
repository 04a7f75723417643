import type { CellCounters } from './event-counters.ts'
import { createSeriesDraft } from './event-series.ts'
import type { SeriesMinute, SeriesQuery } from './event-store.ts'
import { mergeHistograms } from './histogram.ts'

/** Returns the minutes of the cells of one attempt: the oldest first, then by cell. */
export function minutesOf(
  cells: Iterable<CellCounters>,
  { from, to }: Pick<SeriesQuery, 'from' | 'to'>,
): readonly SeriesMinute[] {
  const draft = createSeriesDraft()
  const isSelected = ({ minute }: { readonly minute: number }) => minute >= from && minute < to
  for (const { cell, exposures, outcomes } of cells) {
    for (const { minute, units, first } of [...exposures.values()].filter(isSelected))
      if (units > 0) draft.addExposures({ ...cell, minute }, units, first)
    for (const counter of [...outcomes.values()].filter(isSelected)) {
      const { minute, metric, units, matured } = counter
      const histogram = mergeHistograms([counter.histogram])
      draft.addOutcomes({ ...cell, minute }, { metric, units, matured, histogram })
    }
  }
  return draft.minutes()
}
