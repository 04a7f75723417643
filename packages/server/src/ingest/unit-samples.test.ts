import { expect, test } from 'vitest'
import { createUnitSamples, sampleLimits } from './unit-samples.ts'

const MINUTE_MS = 60_000
const attempt = { project: 'shop', flag: 'search', scope: 'production', attempt: 3 }

/** Samples of at most 100 units a minute, 10 of client keys. */
function given(sampleUnits = 6_000) {
  let at = 0
  const unitsPerHour = sampleLimits({ sampleUnits, clientUnits: 24 * 600 })
  const samples = createUnitSamples({ unitsPerHour, elapsed: () => at })
  return {
    samples,
    oneIn: () => samples.of(attempt).oneIn,
    lately: () => samples.of(attempt).lately,
    pass(ms: number) {
      at += ms
    },
    /** Minutes in which so many users come, of whom the sample is stored. */
    live(minutes: number, users: number) {
      for (let second = 0; second < minutes * 60; second += 1) {
        samples.record(attempt, users / 60 / samples.of(attempt).oneIn, 'server')
        at += 1_000
      }
    },
  }
}

test('a sample halves until a minute brings no more units than the limit', () => {
  const { samples, oneIn, live } = given()
  live(10, 99)
  expect(oneIn()).toBe(1)
  live(3, 1_000)
  expect(oneIn()).toBe(16)
  live(60, 1_000)
  expect(oneIn()).toBe(16)
  expect(samples.of({ ...attempt, attempt: 4 }).oneIn).toBe(1)
  expect(samples.partial('shop')).toEqual([attempt])
  expect(samples.partial('bank')).toEqual([])
})

test('a sample keeps its wider one for the outcomes of ten minutes', () => {
  const { oneIn, lately, live, pass } = given()
  live(2, 500)
  expect([oneIn(), lately()]).toEqual([8, 1])
  live(8, 500)
  expect([oneIn(), lately()]).toEqual([8, 1])
  pass(3 * MINUTE_MS)
  expect([oneIn(), lately()]).toEqual([8, 8])
})

test('a sample doubles after an hour of few units, and stays where it is full', () => {
  const { oneIn, live } = given()
  live(3, 1_000)
  live(59, 300)
  expect(oneIn()).toBe(16)
  live(3, 300)
  expect(oneIn()).toBe(8)
  live(600, 300)
  expect(oneIn()).toBe(8)
  live(600, 20)
  expect(oneIn()).toBe(1)
})

test('a burst narrows a sample by steps, never below one in 1,024', () => {
  const { samples, oneIn } = given()
  samples.record(attempt, 1_000_000, 'server')
  expect(oneIn()).toBe(2)
  for (let i = 0; i < 50; i += 1) samples.record(attempt, 1_000, 'server')
  expect(oneIn()).toBe(1_024)
})

test('units of client keys are sampled before they use up the budget of a day', () => {
  const { samples, oneIn } = given()
  samples.record(attempt, 11, 'server')
  expect(oneIn()).toBe(1)
  samples.record(attempt, 1, 'client')
  expect(oneIn()).toBe(2)
})

test('a limit of 0 counts all units', () => {
  const { oneIn, live } = given(0)
  live(3, 1e6)
  expect(oneIn()).toBe(1)
})

test('an attempt without units for an hour is forgotten', () => {
  const { samples, live, pass } = given()
  live(3, 1_000)
  pass(61 * MINUTE_MS)
  samples.record({ ...attempt, flag: 'other' }, 1, 'server')
  expect(samples.partial('shop')).toEqual([])
})
