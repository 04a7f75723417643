import type { SQLInputValue } from 'node:sqlite'
import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import { startOfMinute } from '../../time.ts'
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
import type { ExposureCounts } from './sqlite-exposure-counts.ts'
import type { UnitLog } from './sqlite-unit-log.ts'
import type { UnitKey } from './sqlite-unit-rows.ts'
import type { FirstExposure, Units } from './sqlite-units.ts'

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

/** The parts of an event store that a batch is written to. */
export interface EventTables {
  readonly sql: EventStatements
  readonly cells: Cells
  readonly counts: ExposureCounts
  readonly log: UnitLog
  readonly units: Units
}

/** Writes a group of batches inside a transaction: a row that they share is written once. */
export function writeBatches(tables: EventTables, group: readonly ProjectBatch[]): GroupAdded {
  const { sql } = tables
  const writer = createEventWriter(tables)
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
function createEventWriter({ sql, cells, counts, log, units: known }: EventTables) {
  const rows = createExposureRows(counts, cells)
  const sums = createOutcomeRows(sql)
  const changed = new Set<AttemptKey>()
  let newUnits = new Map<AttemptKey, number>()
  /** Stores a unit, and counts it in the row if it is new. */
  const expose = (unit: UnitKey, cell: CellRow, minute: number, rowOf: () => ExposureRow) => {
    const isFirst = known.expose(unit, cell, minute)
    if (isFirst === undefined) return
    const row = rowOf()
    row.units += 1
    if (!isFirst) row.again += 1
    const { key } = cell.attempt
    newUnits.set(key, (newUnits.get(key) ?? 0) + 1)
    changed.add(key)
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
      const { cell } = row
      for (const unit of known.lookUp(cell.attempt.id, units)) expose(unit, cell, minute, () => row)
    },

    /** Returns false for a metric over the limit. */
    addOutcome(outcome: BatchOutcome, project: string, { at, maxMetrics }: EventBatch): boolean {
      const { metric, minute, units, buckets, ofKnown } = outcome
      const cell = cells.of(project, outcome, at)
      const { attempt, revision } = cell
      const bit = metricBit(sql, attempt, metric, maxMetrics)
      if (bit === undefined) return false
      const arrival = startOfMinute(at)
      // The exposure itself is still on its way; its count will come with it.
      let row: ExposureRow | undefined
      const rowOf = () => (row ??= rows.of(project, outcome, ARM_REASONS[outcome.arm], at))
      const exposedIn = metric === ALIVE ? undefined : revision
      for (const [i, unit] of known.lookUp(attempt.id, units).entries()) {
        if (!ofKnown) expose(unit, cell, minute, rowOf)
        const first = known.mark(unit, bit, exposedIn)
        if (first === undefined) continue
        changed.add(attempt.key)
        sums.addOutcome(first, { metric, minute, arrival, bucket: buckets && (buckets[i] ?? 0) })
      }
      return true
    },

    finish(): void {
      log.write()
      rows.write()
      sums.write()
    },
  }
}

/** Rows of a flag that are found by comparing members. A group seldom has more of them. */
const MAX_COMPARED_ROWS = 8

type ExposedCell = Cell & Pick<BatchExposure, 'minute'>

/** Collects exposures, so that each row of a group is written once. */
function createExposureRows(counts: ExposureCounts, cells: Cells) {
  const rows = new Map<string, ExposureRow>()
  /** The first rows of each flag. Comparing members takes less time than joining them to a name. */
  const ofFlags = new Map<string, ExposureRow[]>()
  const ofName = (project: string, item: ExposedCell, reason: Reason, at: number) =>
    getOrSet(rows, rowName(project, item, reason), (): ExposureRow => {
      const none = { count: 0, units: 0, again: 0 }
      return { project, item, reason, cell: cells.of(project, item, at), ...none }
    })
  return {
    /** Most of a group's exposures share few rows, so that one look-up is their whole cost. */
    of(project: string, item: ExposedCell, reason: Reason, at: number): ExposureRow {
      const ofFlag = getOrSet(ofFlags, item.flag, (): ExposureRow[] => [])
      for (const row of ofFlag) if (isRowOf(row, project, item, reason)) return row
      const row = ofName(project, item, reason, at)
      if (ofFlag.length < MAX_COMPARED_ROWS) ofFlag.push(row)
      return row
    },
    write(): void {
      for (const { cell, item, reason, count, units, again } of rows.values())
        counts.add(cell.id, { minute: item.minute, reason, count, units, again })
    },
  }
}

/** A row of the table `exposures`, with what a group adds to it. */
interface ExposureRow {
  readonly project: string
  /** The first item that the row counts. */
  readonly item: ExposedCell
  readonly reason: Reason
  readonly cell: CellRow
  count: number
  units: number
  /** Those of `units` that another allocation of the attempt had exposed before. */
  again: number
}

function rowName(project: string, item: ExposedCell, reason: Reason): string {
  const { flag, scope, revision, attempt, variant, arm, split, minute } = item
  const cell = `${flag} ${minute} ${variant} ${revision} ${attempt} ${scope} ${arm} ${split}`
  return `${cell} ${reason} ${project}`
}

/** Returns true if a row of the same flag counts an item. */
function isRowOf(row: ExposureRow, project: string, item: ExposedCell, reason: Reason): boolean {
  const known = row.item
  return (
    known.minute === item.minute &&
    known.variant === item.variant &&
    known.revision === item.revision &&
    known.attempt === item.attempt &&
    known.scope === item.scope &&
    known.arm === item.arm &&
    known.split === item.split &&
    row.reason === reason &&
    row.project === project
  )
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

interface ArrivedOutcome {
  readonly metric: string
  /** Minute of the outcome, and that of its receipt. */
  readonly minute: number
  readonly arrival: number
  /** Bucket of a measurement. */
  readonly bucket: number | undefined
}
