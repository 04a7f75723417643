import type { EventStatements } from './sqlite-event-statements.ts'
import { type Cell, MOST_METRICS } from './store.ts'

/** Cells that are remembered: some megabytes. */
const MOST_CELLS = 20_000
/** A revision is noted to be alive no more often. */
const TOUCH_MS = 60 * 60 * 1_000

/** A revision of a flag in a scope, in the database. */
export interface RevisionRow {
  readonly id: number
  /** Names of its metrics; the place of one is its bit. */
  readonly metrics: string[]
  /** When something was last reported of it, epoch ms, to an hour. */
  at: number
}

/** A cell in the database. */
export interface CellRow {
  readonly id: number
  readonly revision: RevisionRow
}

export type Cells = ReturnType<typeof createCells>

/**
 * Cells by what they stand for; made where they are missing. What was found is remembered, until a
 * group fails or revisions are pruned.
 */
export function createCells(sql: EventStatements) {
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
    of(project: string, cell: Cell, at: number): CellRow {
      const { flag, scope, revision, variant, arm } = cell
      const name = `${project} ${flag} ${scope} ${revision} ${variant} ${arm}`
      let row = cells.get(name)
      if (row === undefined) {
        if (cells.size >= MOST_CELLS) forget()
        const known = revisionOf(project, cell, at)
        const { id } = sql.cell.get(known.id, variant, arm) as { id: number }
        row = { id, revision: known }
        cells.set(name, row)
      }
      const { revision: known } = row
      if (at > known.at + TOUCH_MS) {
        known.at = at
        sql.touch.run(at, known.id)
      }
      return row
    },
    forget,
  }
}

/** The bit of a metric, which gets one if there is room; undefined if there is none. */
export function bitOf(
  sql: EventStatements,
  { id, metrics }: RevisionRow,
  metric: string,
  most: number,
): number | undefined {
  let place = metrics.indexOf(metric)
  if (place < 0) {
    if (metrics.length >= Math.min(most, MOST_METRICS)) return undefined
    place = metrics.push(metric) - 1
    sql.setMetrics.run(JSON.stringify(metrics), id)
  }
  return 2 ** place
}
