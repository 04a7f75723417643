import type { DatabaseSync } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import type { AttemptCopy, EventPiece, UnitCopy } from '../event-copy.ts'
import {
  addToHistogram,
  type CellCounters,
  exposureCounter,
  newCellCounters,
  outcomeCounter,
} from '../event-counters.ts'
import type { Cell } from '../event-store.ts'
import { toInteger } from './sqlite-unit-lookup.ts'

/** Rows of batches or units that are read at once. */
const ROWS = 5_000

/** Reads the events of a project in pieces. */
export async function* exportEvents(
  database: DatabaseSync,
  project: string,
): AsyncGenerator<EventPiece> {
  for (const batches of readBatches(database, project)) yield { batches, attempts: [] }
  const attempts = database
    .prepare('SELECT id, flag, scope, attempt, metrics, at FROM attempts WHERE project = ?')
    .all(project) as unknown as AttemptRow[]
  for (const { id, flag, scope, attempt, metrics, at } of attempts) {
    const key = { flag, scope, attempt }
    const names = JSON.parse(metrics) as readonly string[]
    const copy = { attempt: key, at, metrics: names, cells: [], units: [] }
    const cells = readCells(database, id, key)
    addCounters(database, cells)
    yield piece({ ...copy, cells: [...cells.values()] })
    for (const units of readUnits(database, id, { cells, metrics: names }))
      yield piece({ ...copy, units })
  }
}

interface AttemptRow extends Pick<Cell, 'flag' | 'scope' | 'attempt'> {
  readonly id: number
  readonly metrics: string
  readonly at: number
}

function piece(copy: AttemptCopy): EventPiece {
  return { batches: [], attempts: [copy] }
}

function* readBatches(database: DatabaseSync, project: string): Generator<EventPiece['batches']> {
  const read = database.prepare(
    'SELECT id, at FROM batches WHERE project = ? AND id > ? ORDER BY id LIMIT ?',
  )
  for (let last = ''; ; ) {
    const rows = read.all(project, last, ROWS) as unknown as { id: string; at: number }[]
    if (rows.length > 0) yield rows.map(({ id, at }) => [id, at])
    if (rows.length < ROWS) return
    last = rows.at(-1)!.id
  }
}

/** Returns the cells of an attempt by their ids, without counts. */
function readCells(
  database: DatabaseSync,
  attempt: number,
  key: AttemptCopy['attempt'],
): ReadonlyMap<number, CellCounters> {
  const rows = database
    .prepare('SELECT id, revision, variant, arm, split FROM cells WHERE attempt = ?')
    .all(attempt) as unknown as (Omit<Cell, keyof typeof key> & { readonly id: number })[]
  return new Map(rows.map(({ id, ...cell }) => [id, newCellCounters({ ...key, ...cell })]))
}

/** Adds the counts of all minutes to cells. */
function addCounters(database: DatabaseSync, cells: ReadonlyMap<number, CellCounters>): void {
  const exposures = database.prepare('SELECT * FROM exposures WHERE cell = ?')
  const outcomes = database.prepare('SELECT * FROM outcomes WHERE cell = ?')
  const measurements = database.prepare('SELECT * FROM measurements WHERE cell = ?')
  for (const [id, cell] of cells) {
    for (const row of exposures.all(id) as unknown as ExposureRow[]) {
      const { minute, reason, count, units, again } = row
      Object.assign(exposureCounter(cell, minute, reason), { count, units, first: units - again })
    }
    for (const { minute, metric, units, matured } of outcomes.all(id) as unknown as OutcomeRow[])
      Object.assign(outcomeCounter(cell, minute, metric), { units, matured })
    for (const { minute, metric, bucket, units } of measurements.all(id) as unknown as BucketRow[])
      addToHistogram(outcomeCounter(cell, minute, metric), bucket, units)
  }
}

interface ExposureRow {
  readonly minute: number
  readonly reason: Reason
  readonly count: number
  readonly units: number
  readonly again: number
}

interface OutcomeRow {
  readonly minute: number
  readonly metric: string
  readonly units: number
  readonly matured: number
}

interface BucketRow {
  readonly minute: number
  readonly metric: string
  readonly bucket: number
  readonly units: number
}

interface AttemptNames {
  readonly cells: ReadonlyMap<number, CellCounters>
  /** The index of a metric is its bit. */
  readonly metrics: readonly string[]
}

function* readUnits(
  database: DatabaseSync,
  attempt: number,
  names: AttemptNames,
): Generator<readonly UnitCopy[]> {
  const read = database.prepare(
    `SELECT printf('%016x', unit) AS unit, cell, minute, metrics FROM units
     WHERE attempt = ? AND unit >= ? ORDER BY unit, first DESC LIMIT ?`,
  )
  const lowest = -(2n ** 63n)
  for (let next = lowest; ; ) {
    const rows = read.all(attempt, next, ROWS) as unknown as UnitRow[]
    const isLast = rows.length < ROWS
    // The next page reads the last unit again, whose rows may go on.
    const units = unitsOf(rows, names)
    const whole = isLast || units.length === 1 ? units : units.slice(0, -1)
    if (whole.length > 0) yield whole
    if (isLast) return
    next = toInteger(whole.at(-1)!.unit) + 1n
  }
}

interface UnitRow {
  readonly unit: string
  readonly cell: number
  readonly minute: number
  readonly metrics: number
}

function unitsOf(rows: readonly UnitRow[], { cells, metrics }: AttemptNames): readonly UnitCopy[] {
  const units = new Map<string, UnitRow[]>()
  for (const row of rows) getOrSet(units, row.unit, () => []).push(row)
  return [...units].map(([unit, own]) => ({
    unit,
    metrics: metrics.filter((_, bit) => own.some((row) => Math.floor(row.metrics / 2 ** bit) % 2)),
    exposures: own.map(({ cell, minute }) => ({ cell: cells.get(cell)!.cell, minute })),
  }))
}
