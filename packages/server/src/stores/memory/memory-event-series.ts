import {
  type ExposedCount,
  joinSeries,
  type MeasuredCount,
  type OutcomeCount,
} from '../event-series.ts'
import type { Cell, SeriesMinute, SeriesQuery } from '../event-store.ts'
import type { CellCounters, ProjectEvents } from './event-memory.ts'

export function seriesOf(
  events: ProjectEvents | undefined,
  { flag, scope, attempt, from, to }: SeriesQuery,
): readonly SeriesMinute[] {
  const found = events?.attempts.get(`${flag} ${scope} ${attempt}`)
  const cells = [...(found?.cells.values() ?? [])]
  const isSelected = ({ minute }: { readonly minute: number }) => minute >= from && minute < to
  const outcomes = cells.flatMap(outcomesOf).filter(isSelected)
  return joinSeries({
    exposures: cells.flatMap(exposuresOf).filter(isSelected),
    outcomes,
    measurements: outcomes.flatMap(measurementsOf),
  })
}

function exposuresOf({ cell, exposures }: CellCounters): readonly ExposedCount<Cell>[] {
  return [...exposures.values()]
    .filter(({ units }) => units > 0)
    .map(({ minute, units, first }) => ({ cell, minute, exposed: units, first }))
}

type Outcome = OutcomeCount<Cell> & { readonly histogram: ReadonlyMap<number, number> }

function outcomesOf({ cell, outcomes }: CellCounters): readonly Outcome[] {
  return [...outcomes.values()].map((counter) => ({ cell, ...counter }))
}

function measurementsOf(outcome: Outcome): readonly MeasuredCount<Cell>[] {
  const { cell, minute, metric, histogram } = outcome
  return [...histogram]
    .sort(([a], [b]) => a - b)
    .map(([bucket, units]) => ({ cell, minute, metric, bucket, units }))
}
