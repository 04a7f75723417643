import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import {
  type Cell,
  type EventBatch,
  type EventsAdded,
  type ExposureReport,
  MATURITY_MS,
  MOST_METRICS,
  type OutcomeReport,
} from './store.ts'

const MINUTE_MS = 60_000
/** Rows that one piece of pruning takes: some milliseconds. */
const PRUNE_ROWS = 5_000
/** Cells that are remembered: some megabytes. */
const MOST_CELLS = 20_000
/** A revision is noted to be alive no more often. */
const TOUCH_MS = 60 * MINUTE_MS

/** A batch, and whose it is. */
export interface Arrival {
  readonly project: string
  readonly batch: EventBatch
}

/** Exposures, outcomes, and the batches that they came in. Writers run inside a transaction. */
export function createEventTables(database: DatabaseSync) {
  const sql = statements(database)
  const cells = createCells(sql)

  return {
    /** Adds batches that came together: what they have in common is written once. */
    add(arrivals: readonly Arrival[]): EventsAdded[] {
      const writer = createWriter(sql, cells)
      const added = arrivals.map(({ project, batch }): EventsAdded => {
        if (sql.note.run(project, batch.id, batch.at).changes === 0)
          return { isNew: false, dropped: 0 }
        for (const report of batch.exposures) writer.expose(report, project, batch)
        const dropped = batch.outcomes.filter((report) => !writer.happen(report, project, batch))
        return { isNew: true, dropped: dropped.reduce((n, { units }) => n + units.length, 0) }
      })
      writer.finish()
      return added
    },

    /** To be called when what was added is not committed. */
    rolledBack: () => cells.forget(),

    /** Each of these prunes a piece, and says whether there may be more. */
    pruneBatches: (before: number) => isFull(sql.pruneBatches.run(before, PRUNE_ROWS)),
    pruneUnits: (before: number) => isFull(sql.pruneUnits.run(before, PRUNE_ROWS)),
    pruneSums(before: number): boolean {
      const pieces = [sql.pruneExposures, sql.pruneOutcomes, sql.pruneMeasurements].map((prune) =>
        isFull(prune.run(before, PRUNE_ROWS)),
      )
      if (pieces.includes(true)) return true
      if (sql.pruneRevisions.run(before).changes > 0) cells.forget()
      return false
    },
  }
}

/** Why somebody is in an arm. */
const REASONS = { treatment: 'SPLIT', control: 'DEFAULT' } as const

type Statements = ReturnType<typeof statements>
type Cells = ReturnType<typeof createCells>

interface RevisionRow {
  readonly id: number
  /** Names of its metrics; the place of one is its bit. */
  readonly metrics: string[]
  /** When something was last reported of it, epoch ms, to an hour. */
  at: number
}

/** A cell in the database. */
interface CellRow {
  readonly id: number
  readonly revision: RevisionRow
}

/** Writes a group of batches: units as they come, sums at the end. */
function createWriter(sql: Statements, cells: Cells) {
  const exposed = new Map<string, ExposureRow>()
  const sums = createSums(sql)
  const isNewcomer = ({ revision, id }: CellRow, unit: bigint, minute: number) =>
    sql.expose.run(revision.id, unit, id, minute).changes === 1

  /** The sum that an exposure goes to. Most of a group goes to few of them: one look-up is all they cost. */
  const rowOf = (project: string, report: Cell & ExposedAt, reason: Reason, at: number) => {
    const { flag, scope, revision, variant, arm, minute } = report
    const name = `${flag} ${minute} ${variant} ${revision} ${scope} ${arm} ${reason} ${project}`
    let row = exposed.get(name)
    if (row === undefined) {
      row = { cell: cells.of(project, report, at), minute, reason, count: 0, units: 0 }
      exposed.set(name, row)
    }
    return row
  }

  return {
    expose(report: ExposureReport, project: string, { at }: EventBatch): void {
      const { minute, reason, count, units } = report
      const row = rowOf(project, report, reason, at)
      row.count += count
      for (const unit of units) if (isNewcomer(row.cell, toInteger(unit), minute)) row.units += 1
    },

    /** @returns whether there was room for the metric */
    happen(report: OutcomeReport, project: string, { at, mostMetrics }: EventBatch): boolean {
      const { metric, minute, units, buckets } = report
      const arrival = at - (at % MINUTE_MS)
      const cell = cells.of(project, report, at)
      const bit = bitOf(sql, cell.revision, metric, mostMetrics)
      if (bit === undefined) return false
      for (const [i, text] of units.entries()) {
        const unit = toInteger(text)
        if (isNewcomer(cell, unit, minute)) {
          const row = rowOf(project, report, REASONS[report.arm], at)
          row.count += 1
          row.units += 1
        }
        const first = sql.happened.get(bit, cell.revision.id, unit, bit) as FirstSeen | undefined
        if (first === undefined) continue
        sums.add('addOutcomes', [first.cell, arrival, metric], [1, 0])
        if (Math.abs(minute - first.minute) <= MATURITY_MS)
          sums.add('addOutcomes', [first.cell, first.minute, metric], [0, 1])
        if (buckets !== undefined)
          sums.add('measure', [first.cell, arrival, metric, buckets[i] ?? 0], [1, 0])
      }
      return true
    },

    finish(): void {
      for (const { cell, minute, reason, count, units } of exposed.values())
        sql.addExposures.run(cell.id, minute, reason, count, units)
      sums.write()
    },
  }
}

interface ExposedAt {
  readonly minute: number
}

/** A sum of exposures in the making. */
interface ExposureRow {
  readonly cell: CellRow
  readonly minute: number
  readonly reason: Reason
  count: number
  units: number
}

/** Adds up what goes to the same row, so that each row of a batch is written once. */
function createSums(sql: Statements) {
  type Statement = 'addOutcomes' | 'measure'
  interface Row {
    readonly statement: Statement
    readonly key: readonly SQLInputValue[]
    readonly values: [number, number]
  }
  const rows = new Map<string, Row>()

  return {
    add(statement: Statement, key: readonly SQLInputValue[], values: [number, number]): void {
      const name = `${statement} ${key.join(' ')}`
      const row = rows.get(name)
      if (row === undefined) rows.set(name, { statement, key, values })
      else {
        row.values[0] += values[0]
        row.values[1] += values[1]
      }
    },
    write(): void {
      for (const { statement, key, values } of rows.values()) sql[statement].run(...key, ...values)
    },
  }
}

interface FirstSeen {
  readonly cell: number
  readonly minute: number
}

function bitOf(
  sql: Statements,
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

/**
 * Cells by what they stand for; made where they are missing. What was found is remembered, until a group fails or
 * revisions are pruned.
 */
function createCells(sql: Statements) {
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

function statements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  /** Goes through the cells, in each of which the minutes are in order. */
  const prune = (table: string, key: string) =>
    prepare(
      `DELETE FROM ${table} WHERE (${key}) IN (
         SELECT ${key} FROM cells CROSS JOIN ${table} ON cell = cells.id WHERE minute < ? LIMIT ?)`,
    )
  return {
    note: prepare('INSERT OR IGNORE INTO batches (project, id, at) VALUES (?, ?, ?)'),
    revision: prepare(
      `INSERT INTO revisions (project, flag, scope, revision, metrics, at) VALUES (?, ?, ?, ?, '[]', ?)
       ON CONFLICT DO UPDATE SET at = max(at, excluded.at) RETURNING id, metrics`,
    ),
    touch: prepare('UPDATE revisions SET at = ? WHERE id = ?'),
    setMetrics: prepare('UPDATE revisions SET metrics = ? WHERE id = ?'),
    cell: prepare(
      `INSERT INTO cells (revision, variant, arm) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET arm = arm RETURNING id`,
    ),
    expose: prepare(
      'INSERT OR IGNORE INTO units (revision, unit, cell, minute, metrics) VALUES (?, ?, ?, ?, 0)',
    ),
    happened: prepare(
      `UPDATE units SET metrics = metrics | ? WHERE revision = ? AND unit = ? AND metrics & ? = 0
       RETURNING cell, minute`,
    ),
    addExposures: prepare(
      `INSERT INTO exposures (cell, minute, reason, count, units) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, units = units + excluded.units`,
    ),
    addOutcomes: prepare(
      `INSERT INTO outcomes (cell, minute, metric, units, matured) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET units = units + excluded.units, matured = matured + excluded.matured`,
    ),
    measure: prepare(
      `INSERT INTO measurements (cell, minute, metric, bucket, units) VALUES (?, ?, ?, ?, ? + ?)
       ON CONFLICT DO UPDATE SET units = units + excluded.units`,
    ),
    pruneBatches: prepare(
      'DELETE FROM batches WHERE (project, id) IN (SELECT project, id FROM batches WHERE at < ? LIMIT ?)',
    ),
    pruneUnits: prepare(
      `DELETE FROM units WHERE (revision, unit) IN (
         SELECT units.revision, unit FROM revisions JOIN units ON units.revision = revisions.id
         WHERE at < ? LIMIT ?)`,
    ),
    pruneExposures: prune('exposures', 'cell, minute, reason'),
    pruneOutcomes: prune('outcomes', 'cell, minute, metric'),
    pruneMeasurements: prune('measurements', 'cell, minute, metric, bucket'),
    pruneRevisions: prepare('DELETE FROM revisions WHERE at < ?'),
  }
}

/** 16 hexadecimal digits as SQLite's integers are: 64 bits with a sign. */
function toInteger(unit: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${unit}`))
}

function isFull({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) >= PRUNE_ROWS
}
