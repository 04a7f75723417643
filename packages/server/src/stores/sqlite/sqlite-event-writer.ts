import type { SQLInputValue } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import { MINUTE_MS } from '../../time.ts'
import {
  ARM_REASONS,
  type BatchAdded,
  type BatchExposure,
  type BatchOutcome,
  type Cell,
  type EventBatch,
  MATURITY_MS,
} from '../event-store.ts'
import { type CellRow, type Cells, metricBit } from './sqlite-event-cells.ts'
import type { EventStatements } from './sqlite-event-statements.ts'

/** A batch and its project. */
export interface ProjectBatch {
  readonly project: string
  readonly batch: EventBatch
}

/**
 * Writes a group of batches inside a transaction: a row that they share is written once. Returns
 * the result of each; undefined if its project has no log.
 */
export function writeBatches(
  sql: EventStatements,
  cells: Cells,
  group: readonly ProjectBatch[],
): (BatchAdded | undefined)[] {
  const writer = createEventWriter(sql, cells)
  const logs = new Map<string, boolean>()
  const hasLog = (project: string) =>
    getOrSet(logs, project, () => sql.log.get(project) !== undefined)
  const added = group.map(({ project, batch }): BatchAdded | undefined => {
    if (!hasLog(project)) return undefined
    if (sql.insertBatch.run(project, batch.id, batch.at).changes === 0)
      return { isNew: false, newUnits: 0, dropped: 0 }
    const before = writer.newUnits
    for (const exposure of batch.exposures) writer.addExposure(exposure, project, batch)
    const dropped = batch.outcomes.filter((one) => !writer.addOutcome(one, project, batch))
    return {
      isNew: true,
      newUnits: writer.newUnits - before,
      dropped: dropped.reduce((sum, { units }) => sum + units.length, 0),
    }
  })
  writer.finish()
  return added
}

/** Writes units at once and collects the sums, which `finish` writes. */
function createEventWriter(sql: EventStatements, cells: Cells) {
  const exposures = new Map<string, ExposureRow>()
  const sums = createOutcomeRows(sql)
  let newUnits = 0
  const expose = ({ revision, id }: CellRow, unit: bigint, minute: number) => {
    const isNew = sql.insertUnit.run(revision.id, unit, id, minute).changes === 1
    if (isNew) newUnits += 1
    return isNew
  }

  /** Most of a group's exposures share few rows, so that one look-up is their whole cost. */
  const rowOf = (
    project: string,
    item: Cell & Pick<BatchExposure, 'minute'>,
    reason: Reason,
    at: number,
  ) => {
    const { flag, scope, revision, variant, arm, minute } = item
    const name = `${flag} ${minute} ${variant} ${revision} ${scope} ${arm} ${reason} ${project}`
    let row = exposures.get(name)
    if (row === undefined) {
      row = { cell: cells.of(project, item, at), minute, reason, count: 0, units: 0 }
      exposures.set(name, row)
    }
    return row
  }

  return {
    /** Units that were stored for the first time so far. */
    get newUnits() {
      return newUnits
    },

    addExposure(exposure: BatchExposure, project: string, { at }: EventBatch): void {
      const { minute, reason, count, units } = exposure
      const row = rowOf(project, exposure, reason, at)
      row.count += count
      for (const unit of units) if (expose(row.cell, toInteger(unit), minute)) row.units += 1
    },

    /** Returns false for a metric over the limit. */
    addOutcome(outcome: BatchOutcome, project: string, { at, maxMetrics }: EventBatch): boolean {
      const { metric, minute, units, buckets } = outcome
      const cell = cells.of(project, outcome, at)
      const bit = metricBit(sql, cell.revision, metric, maxMetrics)
      if (bit === undefined) return false
      const arrival = at - (at % MINUTE_MS)
      for (const [i, text] of units.entries()) {
        const unit = toInteger(text)
        // The exposure itself is still on its way; its count will come with it.
        if (expose(cell, unit, minute))
          rowOf(project, outcome, ARM_REASONS[outcome.arm], at).units += 1
        const first = sql.markMetric.get(bit, cell.revision.id, unit, bit) as FirstExposure
        if (first === undefined) continue
        sums.add('addOutcomes', [first.cell, arrival, metric], [1, 0])
        if (Math.abs(minute - first.minute) <= MATURITY_MS)
          sums.add('addOutcomes', [first.cell, first.minute, metric], [0, 1])
        if (buckets !== undefined)
          sums.add('addMeasurements', [first.cell, arrival, metric, buckets[i] ?? 0], [1, 0])
      }
      return true
    },

    finish(): void {
      for (const { cell, minute, reason, count, units } of exposures.values())
        sql.addExposures.run(cell.id, minute, reason, count, units)
      sums.write()
    },
  }
}

/** A row of the table `exposures`, with what a group adds to it. */
interface ExposureRow {
  readonly cell: CellRow
  readonly minute: number
  readonly reason: Reason
  count: number
  units: number
}

/** Collects outcomes and measurements, so that each row of a group is written once. */
function createOutcomeRows(sql: EventStatements) {
  type Statement = 'addOutcomes' | 'addMeasurements'
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

/** The cell and minute in which a unit was first seen; undefined for a metric it has already. */
type FirstExposure = { readonly cell: number; readonly minute: number } | undefined

/** Converts 16 hexadecimal digits to the signed 64-bit integer that SQLite stores. */
function toInteger(unit: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${unit}`))
}
