import { createSeriesDraft } from '../event-series.ts'
import type { SeriesMinute, SeriesQuery } from '../event-store.ts'
import { mergeHistograms } from '../histogram.ts'
import type { ProjectEvents } from './event-memory.ts'

export function seriesOf(
  events: ProjectEvents | undefined,
  { flag, scope, attempt, from, to }: SeriesQuery,
): readonly SeriesMinute[] {
  const draft = createSeriesDraft()
  const isSelected = ({ minute }: { readonly minute: number }) => minute >= from && minute < to
  const found = events?.attempts.get(`${flag} ${scope} ${attempt}`)
  for (const { cell, exposures, outcomes } of found?.cells.values() ?? []) {
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
