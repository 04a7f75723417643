import { describe, expect, test } from 'vitest'
import { count, milliseconds, percent, percents, points, roughly, users } from './numbers.ts'

describe('numbers in sentences', () => {
  test.for([
    [0, '0%'],
    [0.041, '4.1%'],
    [0.04, '4%'],
    [0.0087, '0.9%'],
    [0.000412, '0.04%'],
    [0.000000412, 'under 0.001%'],
    [0.234, '23%'],
    [0.999, '100%'],
    [1, '100%'],
  ] as const)('the share %f is %s', ([share, text]) => {
    expect(percent(share)).toBe(text)
  })

  test('shares that differ do not look equal', () => {
    expect(percents(0.0413, 0.0408)).toEqual(['4.13%', '4.08%'])
    expect(percents(0.234, 0.231)).toEqual(['23.4%', '23.1%'])
    expect(percents(0.04, 0.04)).toEqual(['4%', '4%'])
  })

  test.for([
    [412, '412'],
    [3_604, '3,604'],
    [999_499, '999,499'],
    [1_249_000, '1.2 million'],
  ] as const)('the count %i is %s', ([units, text]) => {
    expect(count(units)).toBe(text)
  })

  test('estimates have two digits', () => {
    expect([7, 343, 12_340].map(roughly)).toEqual(['7', '340', '12,000'])
  })

  test('nouns follow their number, and units their size', () => {
    expect([users(1), users(2)]).toEqual(['1 user', '2 users'])
    expect([milliseconds(182), milliseconds(1_249)]).toEqual(['180 ms', '1.2 s'])
    expect(points(0.018)).toBe('1.8')
  })
})
