import type { DatabaseSync } from 'node:sqlite'
import { MINUTE_MS } from '../../time.ts'
import {
  type ExposedCount,
  joinSeries,
  type MeasuredCount,
  type OutcomeCount,
  type SeriesCell,
} from '../event-series.ts'
import type { SeriesMinute, SeriesQuery } from '../event-store.ts'
import { createPause } from './pause.ts'

/** Minutes that are read in one turn: some milliseconds, even with all their measurements. */
const SLICE_MS = 60 * MINUTE_MS

const CELLS = `
  SELECT cells.id, revision, variant, arm FROM attempts JOIN cells ON cells.attempt = attempts.id
  WHERE project = :project AND flag = :flag AND scope = :scope AND attempts.attempt = :attempt`

/** Reads the counters of a minute of all cells whose ids are in a JSON list. */
function counters(table: string, values: string): string {
  return `SELECT cell, minute, ${values} FROM json_each(:cells) AS cells
    CROSS JOIN ${table} ON cell = cells.value WHERE minute >= :from AND minute < :to`
}

/** Reads the first and the last minute of the cells. */
const SPAN = `
  SELECT min(low) AS low, max(high) AS high FROM (
    SELECT (SELECT min(minute) FROM exposures WHERE cell = value) AS low,
      (SELECT max(minute) FROM exposures WHERE cell = value) AS high
    FROM json_each(:cells)
    UNION ALL
    SELECT (SELECT min(minute) FROM outcomes WHERE cell = value),
      (SELECT max(minute) FROM outcomes WHERE cell = value)
    FROM json_each(:cells))`

/** Returns a function that reads the series of an attempt, hour by hour. */
export function createEventSeries(database: DatabaseSync) {
  const cells = database.prepare(CELLS)
  const span = database.prepare(SPAN)
  const exposures = database.prepare(
    `${counters('exposures', 'sum(units) AS exposed, sum(units - again) AS first')}
     AND units > 0 GROUP BY cell, minute`,
  )
  const outcomes = database.prepare(counters('outcomes', 'metric, units, matured'))
  const measurements = database.prepare(
    `${counters('measurements', 'metric, bucket, units')} ORDER BY cell, minute, metric, bucket`,
  )

  /** Minutes that are read in one turn are of one moment. */
  const readSlice = (ids: CellIds, { from, to }: Range) => {
    const read = <C>(statement: typeof cells): C[] =>
      withCells(statement.all({ cells: ids.list, from, to }), ids) as C[]
    return joinSeries({
      exposures: read<ExposedCount<SeriesCell>>(exposures),
      outcomes: read<OutcomeCount<SeriesCell>>(outcomes),
      measurements: read<MeasuredCount<SeriesCell>>(measurements),
    })
  }
  /** Returns the part of a range that has minutes; a short range is cheaper to read than to cut. */
  const cut = ({ list }: CellIds, { from, to }: Range): Range => {
    if (to - from <= SLICE_MS) return { from, to }
    const { low, high } = span.get({ cells: list }) as Record<'low' | 'high', number | null>
    return { from: Math.max(from, low ?? to), to: Math.min(to, (high ?? from) + MINUTE_MS) }
  }

  return async (project: string, { from, to, ...key }: SeriesQuery): Promise<SeriesMinute[]> => {
    const rows = cells.all({ project, ...key }) as unknown as (SeriesCell & { id: number })[]
    if (rows.length === 0) return []
    const byId = new Map(rows.map(({ id, ...cell }) => [id, cell]))
    const ids = { byId, list: JSON.stringify([...byId.keys()]) }
    const pause = createPause()
    const range = cut(ids, { from, to })
    const series: SeriesMinute[] = []
    for (let start = range.from; start < range.to; start += SLICE_MS) {
      const end = Math.min(range.to, start + SLICE_MS)
      series.push(...readSlice(ids, { from: start, to: end }))
      await pause()
    }
    return series
  }
}

interface Range {
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive. */
  readonly to: number
}

/** The cells of an attempt by their ids, and the ids as JSON. */
interface CellIds {
  readonly byId: ReadonlyMap<number, SeriesCell>
  readonly list: string
}

/** Replaces the ids of cells in rows by the cells. The rows are not copied: they are many. */
function withCells(rows: Record<string, unknown>[], { byId }: CellIds): unknown[] {
  for (const row of rows) row.cell = byId.get(row.cell as number)
  return rows
}
