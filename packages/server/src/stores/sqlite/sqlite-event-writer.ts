import type { SQLInputValue } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import { MINUTE_MS } from '../../time.ts'
import {
  ALIVE,
  ARM_REASONS,
  type AttemptKey,
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

/** The effect of a group of batches. */
export interface GroupAdded {
  /** The result of each batch; undefined if its project has no log. */
  readonly added: (BatchAdded | undefined)[]
  /** Attempts with new units or outcomes. */
  readonly changed: Iterable<AttemptKey>
}

/** Writes a group of batches inside a transaction: a row that they share is written once. */
export function writeBatches(
  sql: EventStatements,
  cells: Cells,
  group: readonly ProjectBatch[],
): GroupAdded {
  const writer = createEventWriter(sql, cells)
  const logs = new Map<string, boolean>()
  const hasLog = (project: string) =>
    getOrSet(logs, project, () => sql.log.get(project) !== undefined)
  const added = group.map(({ project, batch }): BatchAdded | undefined => {
    if (!hasLog(project)) return undefined
    if (sql.insertBatch.run(project, batch.id, batch.at).changes === 0)
      return { isNew: false, newUnits: new Map(), dropped: 0 }
    for (const exposure of batch.exposures) writer.addExposure(exposure, project, batch)
    const dropped = batch.outcomes.filter((one) => !writer.addOutcome(one, project, batch))
    return {
      isNew: true,
      newUnits: writer.takeNewUnits(),
      dropped: dropped.reduce((sum, { units }) => sum + units.length, 0),
    }
  })
  writer.finish()
  return { added, changed: writer.changed }
}

/** Writes units at once and collects the sums, which `finish` writes. */
function createEventWriter(sql: EventStatements, cells: Cells) {
  const rows = createExposureRows(sql, cells)
  const sums = createOutcomeRows(sql)
  const changed = new Set<AttemptKey>()
  let newUnits = new Map<AttemptKey, number>()
  /** Stores a unit, and counts it in the row if it is new. */
  const expose = (unit: bigint, cell: CellRow, minute: number, rowOf: () => ExposureRow) => {
    const { attempt, revision, id } = cell
    const stored = sql.insertUnit.get(attempt.id, unit, revision, id, minute) as StoredUnit
    if (stored === undefined) return
    const row = rowOf()
    row.units += 1
    if (stored.first === 0) row.again += 1
    newUnits.set(attempt.key, (newUnits.get(attempt.key) ?? 0) + 1)
    changed.add(attempt.key)
  }

  return {
    changed,
    /** Returns the units that were stored for the first time since the last call. */
    takeNewUnits() {
      const taken = newUnits
      newUnits = new Map()
      return taken
    },

    addExposure(exposure: BatchExposure, project: string, { at }: EventBatch): void {
      const { minute, reason, count, units } = exposure
      const row = rows.of(project, exposure, reason, at)
      row.count += count
      for (const unit of units) expose(toInteger(unit), row.cell, minute, () => row)
    },

    /** Returns false for a metric over the limit. */
    addOutcome(outcome: BatchOutcome, project: string, { at, maxMetrics }: EventBatch): boolean {
      const { metric, minute, units, buckets, ofKnown } = outcome
      const cell = cells.of(project, outcome, at)
      const { attempt, revision } = cell
      const bit = metricBit(sql, attempt, metric, maxMetrics)
      if (bit === undefined) return false
      const arrival = at - (at % MINUTE_MS)
      // The exposure itself is still on its way; its count will come with it.
      const rowOf = () => rows.of(project, outcome, ARM_REASONS[outcome.arm], at)
      for (const [i, text] of units.entries()) {
        const unit = toInteger(text)
        if (!ofKnown) expose(unit, cell, minute, rowOf)
        const marked =
          metric === ALIVE
            ? sql.markExpected.get(attempt.id, unit, bit)
            : sql.markMetric.get(attempt.id, unit, bit, revision)
        // Undefined if the attempt has counted the metric, or does not know the unit.
        const first = marked as FirstExposure | undefined
        if (first === undefined) continue
        changed.add(attempt.key)
        sums.addOutcome(first, { metric, minute, arrival, bucket: buckets && (buckets[i] ?? 0) })
      }
      return true
    },

    finish(): void {
      rows.write()
      sums.write()
    },
  }
}

/** Collects exposures, so that each row of a group is written once. */
function createExposureRows(sql: EventStatements, cells: Cells) {
  const rows = new Map<string, ExposureRow>()
  return {
    /** Most of a group's exposures share few rows, so that one look-up is their whole cost. */
    of(
      project: string,
      item: Cell & Pick<BatchExposure, 'minute'>,
      reason: Reason,
      at: number,
    ): ExposureRow {
      const { flag, scope, revision, attempt, variant, arm, split, minute } = item
      const cell = `${flag} ${minute} ${variant} ${revision} ${attempt} ${scope} ${arm} ${split}`
      const name = `${cell} ${reason} ${project}`
      let row = rows.get(name)
      if (row === undefined) {
        row = { cell: cells.of(project, item, at), minute, reason, count: 0, units: 0, again: 0 }
        rows.set(name, row)
      }
      return row
    },
    write(): void {
      for (const { cell, minute, reason, count, units, again } of rows.values())
        sql.addExposures.run(cell.id, minute, reason, count, units, again)
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
  /** Those of `units` that another allocation of the attempt had exposed before. */
  again: number
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

  const add = (
    statement: Statement,
    key: readonly SQLInputValue[],
    values: [number, number],
  ): void => {
    const name = `${statement} ${key.join(' ')}`
    const row = rows.get(name)
    if (row === undefined) rows.set(name, { statement, key, values })
    else {
      row.values[0] += values[0]
      row.values[1] += values[1]
    }
  }

  return {
    /** Counts an outcome where it arrived, and where the unit was exposed if it came in time. */
    addOutcome({ cell, minute: exposed }: FirstExposure, outcome: ArrivedOutcome): void {
      const { metric, minute, arrival, bucket } = outcome
      add('addOutcomes', [cell, arrival, metric], [1, 0])
      if (Math.abs(minute - exposed) <= MATURITY_MS)
        add('addOutcomes', [cell, exposed, metric], [0, 1])
      if (bucket !== undefined) add('addMeasurements', [cell, arrival, metric, bucket], [1, 0])
    },
    write(): void {
      for (const { statement, key, values } of rows.values()) sql[statement].run(...key, ...values)
    },
  }
}

/** A unit that was stored; undefined if the allocation had exposed it. */
type StoredUnit = { readonly first: 0 | 1 } | undefined

/** The cell and minute that an outcome is counted in. */
interface FirstExposure {
  readonly cell: number
  readonly minute: number
}

interface ArrivedOutcome {
  readonly metric: string
  /** Minute of the outcome, and that of its receipt. */
  readonly minute: number
  readonly arrival: number
  /** Bucket of a measurement. */
  readonly bucket: number | undefined
}

/** Converts 16 hexadecimal digits to the signed 64-bit integer that SQLite stores. */
export function toInteger(unit: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${unit}`))
}
