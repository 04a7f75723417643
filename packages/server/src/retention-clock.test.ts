import { describe, expect, test } from 'vitest'
import { createRetentionClock } from './retention-clock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 26)

/** A retention clock, whose wall clock can jump. */
function given() {
  let [passed, jumped] = [0, 0]
  const read = createRetentionClock({
    now: () => START + passed + jumped,
    elapsed: () => passed,
  })
  return {
    /** Reads the clock as often as the server prunes. Returns the last reading since the start. */
    readFor(ms: number) {
      for (const end = passed + ms; passed < end; ) {
        passed += 10 * MINUTE
        read()
      }
      return read() - START
    },
    jump(ms: number) {
      jumped += ms
    },
  }
}

describe('the clock that deletes old data', () => {
  test('follows the wall clock', () => {
    const clock = given()
    expect(clock.readFor(DAY)).toBe(DAY)
    clock.jump(-DAY)
    expect(clock.readFor(HOUR)).toBe(HOUR)
    clock.jump(HOUR)
    expect(clock.readFor(HOUR)).toBe(3 * HOUR)
  })

  test('follows a jump forward after a day', () => {
    const clock = given()
    clock.jump(60 * DAY)
    expect(clock.readFor(DAY - HOUR)).toBe(DAY - HOUR)
    expect(clock.readFor(2 * HOUR)).toBe(61 * DAY + HOUR)
  })

  test('follows no jump that is taken back within a day', () => {
    const clock = given()
    for (let i = 1; i <= 3; i += 1) {
      clock.jump(60 * DAY)
      expect(clock.readFor(DAY - HOUR)).toBeLessThan(4 * DAY)
      clock.jump(-60 * DAY)
      expect(clock.readFor(HOUR)).toBe(i * DAY)
    }
  })
})
