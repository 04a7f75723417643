import { randomFillSync } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from './sqlite-schema.ts'
import { createUnitFilter } from './sqlite-unit-filter.ts'
import type { UnitKey } from './sqlite-unit-rows.ts'

function openTable(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  migrate(database)
  return database
}

function randomUnits(count: number): UnitKey[] {
  const halves = randomFillSync(new Uint32Array(2 * count))
  return Array.from({ length: count }, (_, i) => {
    return { attempt: 1 + (i % 3), high: halves[2 * i]!, low: halves[2 * i + 1]! }
  })
}

test('a filter knows every unit, and few others, after it has grown', () => {
  const filter = createUnitFilter(openTable())
  const units = randomUnits(1_200_000)
  for (const unit of units) filter.add(unit)

  expect(units.every((unit) => filter.mayHave(unit))).toBe(true)
  const others = randomUnits(10_000)
  expect(others.filter((unit) => filter.mayHave(unit)).length).toBeLessThan(500)
})

test('a filter knows the units of a table that it reads, and those added meanwhile', () => {
  const database = openTable()
  const insert = database.prepare('INSERT INTO units VALUES (?, ?, 1, 1, 0, 0, 1)')
  const write = ({ attempt, high, low }: UnitKey) =>
    insert.run(attempt, BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)))
  const units = randomUnits(12_000)
  for (const unit of units) write(unit)
  const filter = createUnitFilter(database)
  const [other, ...added] = randomUnits(10)
  expect(filter.mayHave(other!)).toBe(true)

  for (let isMore = true; isMore; isMore = filter.readSome()) {
    const unit = added.pop()!
    units.push(unit)
    write(unit)
    filter.add(unit)
  }

  expect(units.every((unit) => filter.mayHave(unit))).toBe(true)
  expect(randomUnits(1_000).filter((unit) => filter.mayHave(unit)).length).toBeLessThan(100)
})
