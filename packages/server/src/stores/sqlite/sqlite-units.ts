import type { DatabaseSync } from 'node:sqlite'
import type { CellRow } from './sqlite-event-cells.ts'
import type { UnitFilter } from './sqlite-unit-filter.ts'
import type { UnitLog } from './sqlite-unit-log.ts'
import { createUnitLookup, keyOf } from './sqlite-unit-lookup.ts'
import { NONE, type UnitExposure, type UnitKey, UnitRows } from './sqlite-unit-rows.ts'

/** The cell and minute that an outcome is counted in. */
export type FirstExposure = Pick<UnitExposure, 'cell' | 'minute'>

/** The units of attempts: those of the log, and before them those of the table `units`. */
export interface Units {
  /** Returns the keys of units, and reads those that are in the table alone. */
  lookUp(attempt: number, units: readonly string[]): readonly UnitKey[]
  /**
   * Stores a unit of the latest look-up under an allocation. Returns undefined if the allocation
   * had exposed it, and otherwise whether no allocation of the attempt had.
   */
  expose(unit: UnitKey, cell: CellRow, minute: number): boolean | undefined
  /**
   * Counts a metric of a unit of the latest look-up at its exposure in a revision, or without one
   * at its first. Returns that exposure; undefined if the attempt has counted the metric, or does
   * not know the unit.
   */
  mark(unit: UnitKey, bit: number, revision: number | undefined): FirstExposure | undefined
}

interface UnitParts {
  readonly log: UnitLog
  readonly filter: UnitFilter
}

export function createUnits(database: DatabaseSync, { log, filter }: UnitParts): Units {
  const readStored = createUnitLookup(database)
  /** Rows of the table that the latest look-up found. */
  const stored = new UnitRows()

  /** Returns the rows that have those of a unit, if any have. */
  const holderOf = (unit: UnitKey): UnitRows => {
    const rows = log.rows()
    if (rows.find(unit) !== NONE) return rows
    const merging = log.merging()
    return merging !== undefined && merging.find(unit) !== NONE ? merging : stored
  }
  /** Returns the rows to write, with those of a unit. */
  const writable = (unit: UnitKey, holder: UnitRows): UnitRows => {
    const rows = log.rows()
    if (holder !== rows) rows.copyUnit(holder, holder.find(unit))
    return rows
  }

  return {
    lookUp(attempt, units) {
      stored.clear()
      const keys = units.map((unit) => keyOf(attempt, unit))
      const unknown = keys.filter((unit) => filter.mayHave(unit) && holderOf(unit) === stored)
      readStored(stored, attempt, unknown)
      return keys
    },
    expose(unit, { id: cell, revision }, minute) {
      const holder = holderOf(unit)
      const first = holder.find(unit)
      if (holder.ofRevision(first, revision) !== NONE) return undefined
      const isFirst = first === NONE
      writable(unit, holder).append(unit, { revision, cell, minute, metrics: 0, isFirst })
      return isFirst
    },
    mark(unit, bit, revision) {
      const holder = holderOf(unit)
      if (holder.hasMetric(holder.find(unit), bit)) return undefined
      if (exposureIn(holder, unit, revision) === NONE) return undefined
      const rows = writable(unit, holder)
      const row = exposureIn(rows, unit, revision)
      rows.addMetric(row, bit)
      log.changed(row)
      return rows.exposureOf(row)
    },
  }
}

/** Returns the row of a unit in a revision; without one, the row of its first exposure. */
function exposureIn(rows: UnitRows, unit: UnitKey, revision: number | undefined): number {
  const first = rows.find(unit)
  return revision === undefined ? rows.ofFirstExposure(first) : rows.ofRevision(first, revision)
}
