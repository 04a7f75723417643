import { type AttemptKey, type Cell, MAX_METRICS } from '../event-store.ts'
import type { EventStatements } from './sqlite-event-statements.ts'

/** Cells kept in memory: some megabytes. */
const MAX_CACHED_CELLS = 20_000
/** Precision of the time of an attempt's latest event: fewer writes. */
const TOUCH_MS = 60 * 60 * 1_000

/** A row of the table `attempts`. */
export interface AttemptRow {
  readonly id: number
  readonly key: AttemptKey
  /** Names of its metrics; the index of a metric is its bit. */
  readonly metrics: string[]
  /** Time of its latest event, to an hour, epoch ms. */
  at: number
}

/** A row of the table `cells`. */
export interface CellRow {
  readonly id: number
  readonly revision: number
  readonly attempt: AttemptRow
}

type AttemptPart = Pick<Cell, 'flag' | 'scope' | 'attempt'>

/** Finds the rows of cells, and inserts missing ones. */
export interface Cells {
  /** Returns the row of a cell that has an event at a time, epoch ms. */
  of(project: string, cell: Cell, at: number): CellRow
  /** Returns the row of an attempt that has an event at a time, epoch ms. */
  attemptOf(project: string, attempt: AttemptPart, at: number): AttemptRow
  /** Empties the cache: to be called after a rollback, and when attempts are deleted. */
  forget(): void
}

export function createCells(sql: EventStatements): Cells {
  const attempts = new Map<string, AttemptRow>()
  const cells = new Map<string, CellRow>()

  const attemptOf: Cells['attemptOf'] = (project, { flag, scope, attempt }, at) => {
    const name = `${project} ${flag} ${scope} ${attempt}`
    let row = attempts.get(name)
    if (row === undefined) {
      const found = sql.attempt.get(project, flag, scope, attempt, at) as {
        id: number
        metrics: string
      }
      const key = { project, flag, scope, attempt }
      row = { id: found.id, key, metrics: JSON.parse(found.metrics) as string[], at }
      attempts.set(name, row)
    }
    return row
  }
  const forget = () => {
    attempts.clear()
    cells.clear()
  }
  return {
    of(project, cell, at) {
      const { flag, scope, revision, attempt, variant, arm, split } = cell
      const name = `${project} ${flag} ${scope} ${attempt} ${revision} ${variant} ${arm} ${split}`
      let row = cells.get(name)
      if (row === undefined) {
        if (cells.size >= MAX_CACHED_CELLS) forget()
        const parent = attemptOf(project, cell, at)
        const { id } = sql.cell.get(parent.id, revision, variant, arm, split) as { id: number }
        row = { id, revision, attempt: parent }
        cells.set(name, row)
      }
      const parent = row.attempt
      if (at > parent.at + TOUCH_MS) {
        parent.at = at
        sql.touchAttempt.run(at, parent.id)
      }
      return row
    },
    attemptOf,
    forget,
  }
}

/** Returns the bit of a metric, which it assigns to a new one; undefined where there is no room. */
export function metricBit(
  sql: EventStatements,
  { id, metrics }: AttemptRow,
  metric: string,
  maxMetrics: number,
): number | undefined {
  let index = metrics.indexOf(metric)
  if (index < 0) {
    if (metrics.length >= Math.min(maxMetrics, MAX_METRICS)) return undefined
    index = metrics.push(metric) - 1
    sql.setMetrics.run(JSON.stringify(metrics), id)
  }
  return 2 ** index
}
