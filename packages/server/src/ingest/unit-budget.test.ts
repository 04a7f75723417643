import { expect, test } from 'vitest'
import { createUnitBudget } from './unit-budget.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
const stranger = { keyId: 'key', address: '203.0.113.9' }
const other = { keyId: 'key', address: '198.51.100.1' }

test('one address uses at most a tenth of the units of a key, and all addresses the whole', () => {
  let clock = 0
  const budget = createUnitBudget({ unitsPerDay: 100, elapsed: () => clock })

  budget.spend(stranger, 10)
  expect([budget.hasRoom(stranger), budget.hasRoom(other)]).toEqual([false, true])
  for (let i = 0; i < 9; i += 1) budget.spend({ keyId: 'key', address: `192.0.2.${i}` }, 10)
  expect(budget.hasRoom(other)).toBe(false)
  expect(budget.hasRoom({ keyId: 'another', address: other.address })).toBe(true)

  clock = DAY_MS
  expect(budget.hasRoom(stranger)).toBe(true)
})

test('a key has a budget, however many addresses used up those of others', () => {
  const budget = createUnitBudget({ unitsPerDay: 1_000_000, elapsed: () => 0 })
  for (let i = 0; i < 100_000; i += 1) budget.spend({ keyId: 'key', address: `address-${i}` }, 1)

  budget.spend({ keyId: 'another', address: 'address-0' }, 1_000_000)

  expect(budget.hasRoom({ keyId: 'another', address: 'address-1' })).toBe(false)
})

test('a server key has no budget', () => {
  const budget = createUnitBudget({ unitsPerDay: 1, elapsed: () => 0 })
  const server = { keyId: 'server', address: undefined }
  budget.spend(server, 1_000)

  expect(budget.hasRoom(server)).toBe(true)
})

test('of several servers, each admits its share', () => {
  let servers = 1
  const shareOf = (limit: number) => limit / servers
  const budget = createUnitBudget({ unitsPerDay: 100, elapsed: () => 0, shareOf })
  budget.spend(stranger, 5)
  expect(budget.hasRoom(stranger)).toBe(true)

  servers = 2
  expect(budget.hasRoom(stranger)).toBe(false)
  expect(budget.hasRoom(other)).toBe(true)
})
