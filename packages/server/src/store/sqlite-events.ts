import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { bitOf, type CellRow, type Cells, createCells } from './sqlite-event-cells.ts'
import { type EventStatements, eventStatements } from './sqlite-event-statements.ts'
import {
  type Cell,
  type EventBatch,
  type EventsAdded,
  type ExposureReport,
  MATURITY_MS,
  type OutcomeReport,
} from './store.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Rows that one piece of pruning takes: some milliseconds. */
const PRUNE_ROWS = 5_000

/** A batch, and whose it is. */
export interface Arrival {
  readonly project: string
  readonly batch: EventBatch
}

/** Exposures, outcomes, and the batches that they came in. Writers run inside a transaction. */
export function createEventTables(database: DatabaseSync) {
  const sql = eventStatements(database)
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
      // Later than its sums: they may be of minutes after the time when it was last noted to be
      // alive.
      if (sql.pruneRevisions.run(before - DAY_MS).changes > 0) cells.forget()
      return false
    },
  }
}

/** Why somebody is in an arm. */
const REASONS = { treatment: 'SPLIT', control: 'DEFAULT' } as const

/** Writes a group of batches: units as they come, sums at the end. */
function createWriter(sql: EventStatements, cells: Cells) {
  const exposed = new Map<string, ExposureRow>()
  const sums = createSums(sql)
  const isNewcomer = ({ revision, id }: CellRow, unit: bigint, minute: number) =>
    sql.expose.run(revision.id, unit, id, minute).changes === 1

  /**
   * The sum that an exposure goes to. Most of a group goes to few of them: one look-up is all they
   * cost.
   */
  const rowOf = (
    project: string,
    report: Cell & Pick<ExposureReport, 'minute'>,
    reason: Reason,
    at: number,
  ) => {
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
        // Its exposure is still on its way, and will count itself; who was exposed is known from
        // now on.
        if (isNewcomer(cell, unit, minute))
          rowOf(project, report, REASONS[report.arm], at).units += 1
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

/** A sum of exposures in the making. */
interface ExposureRow {
  readonly cell: CellRow
  readonly minute: number
  readonly reason: Reason
  count: number
  units: number
}

/** Adds up what goes to the same row, so that each row of a batch is written once. */
function createSums(sql: EventStatements) {
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

/** 16 hexadecimal digits as SQLite's integers are: 64 bits with a sign. */
function toInteger(unit: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${unit}`))
}

function isFull({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) >= PRUNE_ROWS
}
