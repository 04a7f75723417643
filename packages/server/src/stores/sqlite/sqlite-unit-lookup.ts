import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { UnitKey, UnitRows } from './sqlite-unit-rows.ts'

/** Units that one statement looks up: more of them make it no faster. */
const MAX_UNITS = 64

/** Returns a function that adds the rows of units in the table `units` to others. */
export function createUnitLookup(database: DatabaseSync) {
  /** Statements by the logarithm of the number of units that they look up. */
  const statements: StatementSync[] = []
  const statementFor = (units: number) => {
    const size = Math.ceil(Math.log2(units))
    statements[size] ??= database.prepare(
      `SELECT unit & 0xffffffff AS low, unit >> 32 AS high, revision, cell, minute, metrics, first
       FROM units WHERE attempt = ? AND unit IN (?${', ?'.repeat(2 ** size - 1)})`,
    )
    return { statement: statements[size], size: 2 ** size }
  }

  return (found: UnitRows, attempt: number, units: readonly UnitKey[]): void => {
    for (let start = 0; start < units.length; start += MAX_UNITS) {
      const some = units.slice(start, start + MAX_UNITS).map(integerOf)
      const { statement, size } = statementFor(some.length)
      while (some.length < size) some.push(some[0]!)
      for (const row of statement.all(attempt, ...some) as unknown as FoundRow[]) {
        const { low, high, first, ...exposure } = row
        const key = { attempt, high: high >>> 0, low }
        found.append(key, { ...exposure, isFirst: first === 1 })
      }
    }
  }
}

interface FoundRow {
  readonly low: number
  readonly high: number
  readonly revision: number
  readonly cell: number
  readonly minute: number
  readonly metrics: number
  readonly first: number
}

const scratch = new DataView(new ArrayBuffer(8))

/** Returns the signed 64-bit integer that SQLite stores for a unit. */
function integerOf({ high, low }: UnitKey): bigint {
  scratch.setUint32(0, high)
  scratch.setUint32(4, low)
  return scratch.getBigInt64(0)
}

/** Converts a half of a unit, eight hexadecimal digits, to an unsigned 32-bit integer. */
function halfOf(unit: string, start: number): number {
  let half = 0
  for (let i = start; i < start + 8; i += 1) {
    const code = unit.charCodeAt(i)
    // Digits begin at 48, and the letters a to f at 97.
    half = (half << 4) | (code - (code < 58 ? 48 : 87))
  }
  return half >>> 0
}

/** Returns the key of a unit of 16 hexadecimal digits. */
export function keyOf(attempt: number, unit: string): UnitKey {
  return { attempt, high: halfOf(unit, 0), low: halfOf(unit, 8) }
}

/** Converts 16 hexadecimal digits to the signed 64-bit integer that SQLite stores. */
export function toInteger(unit: string): bigint {
  return integerOf(keyOf(0, unit))
}
