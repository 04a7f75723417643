import type { DatabaseSync } from 'node:sqlite'
import type { UnitFilter } from './sqlite-unit-filter.ts'
import type { UnitRows } from './sqlite-unit-rows.ts'

/** Rows of the log on their way into the table `units`. */
export interface UnitMerge {
  readonly rows: UnitRows
  /** Merges some rows, and deletes the log with the last ones. Returns true if more are left. */
  some(count: number): boolean
}

/** Returns a function that starts to merge rows, whose log ends with a key. */
export function createUnitMerge(database: DatabaseSync, filter: UnitFilter) {
  const insert = database.prepare(
    `INSERT INTO units (attempt, unit, revision, cell, minute, metrics, first)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET metrics = excluded.metrics`,
  )
  const deleteLog = database.prepare('DELETE FROM unit_log WHERE id <= ?')

  return (rows: UnitRows, lastKey: number): UnitMerge => {
    const order = keyOrder(rows)
    let next = 0
    return {
      rows,
      some(count) {
        const end = Math.min(order.length, next + count)
        for (const row of order.subarray(next, end)) {
          const { revision, cell, minute, metrics, isFirst } = rows.exposureOf(row)
          const [attempt, unit] = [rows.attemptOf(row), rows.unitOf(row)]
          insert.run(attempt, unit, revision, cell, minute, metrics, Number(isFirst))
          filter.add(rows.keyOf(row))
        }
        next = end
        if (next < order.length) return true
        deleteLog.run(lastKey)
        return false
      },
    }
  }
}

/** Integers up to here are exact. */
const EXACT_BITS = 53

/**
 * Returns the numbers of rows, ordered by attempt and by the first bits of the unit: enough for
 * rows of one page to follow each other. Numbers alone are sorted ten times as fast as by a
 * function, so that each one holds attempt, unit and row.
 */
function keyOrder(rows: UnitRows): Uint32Array {
  const attempts = new Set<number>()
  for (let row = 0; row < rows.size; row += 1) attempts.add(rows.attemptOf(row))
  const ranks = new Map([...attempts].sort((a, b) => a - b).map((id, rank) => [id, rank]))
  const units = 2 ** (EXACT_BITS - bitsFor(rows.size) - bitsFor(ranks.size))
  const rowCount = 2 ** bitsFor(rows.size)
  const keys = new Float64Array(rows.size)
  for (let row = 0; row < rows.size; row += 1) {
    const part = Math.floor(rows.placeOf(row) * units)
    keys[row] = (ranks.get(rows.attemptOf(row))! * units + part) * rowCount + row
  }
  keys.sort()
  // A loop: `Uint32Array.from` takes as long as all the rest.
  const order = new Uint32Array(keys.length)
  for (let i = 0; i < keys.length; i += 1) order[i] = keys[i]! % rowCount
  return order
}

function bitsFor(count: number): number {
  return Math.ceil(Math.log2(Math.max(count, 1)))
}
