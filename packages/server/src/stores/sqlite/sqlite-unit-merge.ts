import type { DatabaseSync } from 'node:sqlite'
import type { UnitFilter } from './sqlite-unit-filter.ts'
import type { UnitRows } from './sqlite-unit-rows.ts'

/** Rows of the log on their way into the table `units`. */
export interface UnitMerge {
  readonly rows: UnitRows
  /** Merges some rows, and deletes the log after the last one. Returns true if more are left. */
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
    const order = inKeyOrder(rows)
    return {
      rows,
      some(count) {
        for (let i = 0; i < count; i += 1) {
          const { done, value: row } = order.next()
          if (done) {
            deleteLog.run(lastKey)
            return false
          }
          const { revision, cell, minute, metrics, isFirst } = rows.exposureOf(row)
          const [attempt, unit] = [rows.attemptOf(row), rows.unitOf(row)]
          insert.run(attempt, unit, revision, cell, minute, metrics, Number(isFirst))
          filter.add(rows.keyOf(row))
        }
        return true
      },
    }
  }
}

/** Rows that are sorted at once: a few milliseconds. */
const ROWS_PER_SLICE = 2 ** 14
/** Rows of which one is sampled to find slices of equal sizes. */
const ROWS_PER_SAMPLE = 2 ** 6

/**
 * Returns the numbers of rows, so that rows of one page of the table follow each other. Cuts the
 * rows into slices, and sorts a slice when the merge reaches it: all at once would take 50 ms.
 */
function inKeyOrder(rows: UnitRows): Iterator<number, undefined> {
  const places = new Float64Array(rows.size)
  for (let row = 0; row < places.length; row += 1) places[row] = rows.placeOf(row)
  return sortInSlices(places)
}

function* sortInSlices(places: Float64Array): Generator<number, undefined> {
  let start = 0
  for (const end of sliceEnds(places)) {
    yield* sortSlice(places, start, end)
    start = end
  }
}

/** Returns the places where slices end. They have about as many rows each. */
function sliceEnds(places: Float64Array): readonly number[] {
  const sample = new Float64Array(Math.floor(places.length / ROWS_PER_SAMPLE))
  for (let i = 0; i < sample.length; i += 1) sample[i] = places[i * ROWS_PER_SAMPLE]!
  const perSlice = ROWS_PER_SLICE / ROWS_PER_SAMPLE
  const cuts = sample.sort().filter((_, i) => i > 0 && i % perSlice === 0)
  return [...cuts, Number.POSITIVE_INFINITY]
}

/** Integers up to twice this one are exact. */
const MAX_KEY = 2 ** 52

/**
 * Returns the numbers of the rows from one place to before another, in order. Numbers alone are
 * sorted ten times as fast as by a function, so that each one holds a place and a row. The place
 * is rounded: enough for the rows of one page to follow each other.
 */
function sortSlice(places: Float64Array, start: number, end: number): Float64Array {
  const own: number[] = []
  let [low, high] = [end, start]
  for (let row = 0; row < places.length; row += 1) {
    const place = places[row]!
    if (place < start || place >= end) continue
    own.push(row)
    low = Math.min(low, place)
    high = Math.max(high, place)
  }
  const rowCount = 2 ** Math.ceil(Math.log2(places.length))
  const scale = MAX_KEY / rowCount / (high - low || 1)
  const keys = own.map((row) => Math.floor((places[row]! - low) * scale) * rowCount + row)
  return new Float64Array(keys).sort().map((key) => key % rowCount)
}
