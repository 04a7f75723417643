import { getOrSet } from '../get-or-set.ts'
import type { CellCounters } from './event-counters.ts'
import type { Cell, EventQuery, ExposureSum, OutcomeQuery, OutcomeSum } from './event-store.ts'
import { mergeHistograms } from './histogram.ts'

/** Sums the exposures of the selected cells: the latest step first, then by cell and reason. */
export function sumExposures(
  cells: Iterable<CellCounters>,
  query: EventQuery,
): readonly ExposureSum[] {
  return latest(cells, query, ({ cell, exposures }) =>
    stepsOf([...exposures.values()], query, ({ reason }) => reason).map(
      ({ key: reason, start, counters }): ExposureSum => ({
        ...cell,
        reason,
        start,
        count: total(counters, ({ count }) => count),
        units: total(counters, ({ units }) => units),
      }),
    ),
  )
}

/** Sums the outcomes of the selected cells: the latest step first, then by cell and metric. */
export function sumOutcomes(
  cells: Iterable<CellCounters>,
  query: OutcomeQuery,
): readonly OutcomeSum[] {
  return latest(cells, query, ({ cell, outcomes }) =>
    stepsOf([...outcomes.values()], query, ({ metric }) => metric).map(
      ({ key: metric, start, counters }): OutcomeSum => ({
        ...cell,
        metric,
        start,
        units: total(counters, ({ units }) => units),
        matured: total(counters, ({ matured }) => matured),
        histogram: query.withoutHistograms
          ? []
          : mergeHistograms(counters.map(({ histogram }) => histogram)),
      }),
    ),
  )
}

/** The latest rows of all selected cells; the order of cells is kept among rows of one step. */
function latest<S extends { readonly start: number }>(
  cells: Iterable<CellCounters>,
  query: EventQuery,
  rowsOf: (cell: CellCounters) => readonly S[],
): readonly S[] {
  const selected = [...cells]
    .filter(({ cell }) => isSelected(cell, query))
    .sort((a, b) => compareCells(a.cell, b.cell))
  const rows = selected.flatMap(rowsOf).sort((a, b) => b.start - a.start)
  return rows.slice(0, query.limit)
}

function isSelected(cell: Cell, query: EventQuery): boolean {
  const { revision } = query
  return isAttemptSelected(cell, query) && (revision === undefined || cell.revision === revision)
}

/** Returns true if a query may select cells of an attempt. */
export function isAttemptSelected(
  attempt: Pick<Cell, 'flag' | 'scope'>,
  { flag, scope, within }: Pick<EventQuery, 'flag' | 'scope' | 'within'>,
): boolean {
  return (
    (flag === undefined || attempt.flag === flag) &&
    (scope === undefined || attempt.scope === scope) &&
    (within === undefined || attempt.scope === within || attempt.scope.startsWith(`${within}/`))
  )
}

function compareCells(a: Cell, b: Cell): number {
  return (
    compare(a.flag, b.flag) ||
    compare(a.scope, b.scope) ||
    a.revision - b.revision ||
    a.attempt - b.attempt ||
    compare(a.variant, b.variant) ||
    compare(a.arm, b.arm) ||
    compare(a.split, b.split)
  )
}

interface Step<K, C> {
  readonly key: K
  readonly start: number
  readonly counters: readonly C[]
}

/** Groups the counters of one cell by step and key, ordered by key. */
function stepsOf<K extends string, C extends { readonly minute: number }>(
  counters: readonly C[],
  { from, to, stepMs }: EventQuery,
  keyOf: (counter: C) => K,
): readonly Step<K, C>[] {
  const groups = new Map<string, { readonly key: K; readonly counters: C[] }>()
  for (const counter of counters) {
    const { minute } = counter
    if (minute < from || minute >= to) continue
    const key = keyOf(counter)
    const name = `${Math.floor(minute / stepMs)} ${key}`
    getOrSet(groups, name, () => ({ key, counters: [] })).counters.push(counter)
  }
  return [...groups.values()]
    .map(({ key, counters: some }) => {
      const first = some.reduce((least, { minute }) => Math.min(least, minute), Infinity)
      return { key, start: startOf(first, stepMs), counters: some }
    })
    .sort((a, b) => compare(a.key, b.key))
}

function startOf(minute: number, stepMs: number): number {
  return stepMs === Number.POSITIVE_INFINITY ? minute : Math.floor(minute / stepMs) * stepMs
}

function total<C>(counters: readonly C[], numberOf: (counter: C) => number): number {
  return counters.reduce((sum, counter) => sum + numberOf(counter), 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
