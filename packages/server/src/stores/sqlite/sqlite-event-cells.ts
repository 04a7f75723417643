import { type Cell, MAX_METRICS } from '../event-store.ts'
import type { EventStatements } from './sqlite-event-statements.ts'

/** Cells kept in memory: some megabytes. */
const MAX_CACHED_CELLS = 20_000
/** Precision of the time of a revision's latest event: fewer writes. */
const TOUCH_MS = 60 * 60 * 1_000

/** A row of the table `revisions`: a revision of a flag in a scope. */
export interface RevisionRow {
  readonly id: number
  /** Names of its metrics; the index of a metric is its bit. */
  readonly metrics: string[]
  /** Time of its latest event, to an hour, epoch ms. */
  at: number
}

/** A row of the table `cells`. */
export interface CellRow {
  readonly id: number
  readonly revision: RevisionRow
}

/** Finds the rows of cells, and inserts missing ones. */
export interface Cells {
  /** Returns the row of a cell that has an event at a time, epoch ms. */
  of(project: string, cell: Cell, at: number): CellRow
  /** Empties the cache: to be called after a rollback, and when revisions are deleted. */
  forget(): void
}

export function createCells(sql: EventStatements): Cells {
  const revisions = new Map<string, RevisionRow>()
  const cells = new Map<string, CellRow>()

  const revisionOf = (project: string, { flag, scope, revision }: Cell, at: number) => {
    const name = `${project} ${flag} ${scope} ${revision}`
    let row = revisions.get(name)
    if (row === undefined) {
      const found = sql.revision.get(project, flag, scope, revision, at) as {
        id: number
        metrics: string
      }
      row = { id: found.id, metrics: JSON.parse(found.metrics) as string[], at }
      revisions.set(name, row)
    }
    return row
  }
  const forget = () => {
    revisions.clear()
    cells.clear()
  }
  return {
    of(project, cell, at) {
      const { flag, scope, revision, variant, arm } = cell
      const name = `${project} ${flag} ${scope} ${revision} ${variant} ${arm}`
      let row = cells.get(name)
      if (row === undefined) {
        if (cells.size >= MAX_CACHED_CELLS) forget()
        const parent = revisionOf(project, cell, at)
        const { id } = sql.cell.get(parent.id, variant, arm) as { id: number }
        row = { id, revision: parent }
        cells.set(name, row)
      }
      const parent = row.revision
      if (at > parent.at + TOUCH_MS) {
        parent.at = at
        sql.touchRevision.run(at, parent.id)
      }
      return row
    },
    forget,
  }
}

/** Returns the bit of a metric, which it assigns to a new one; undefined where there is no room. */
export function metricBit(
  sql: EventStatements,
  { id, metrics }: RevisionRow,
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
