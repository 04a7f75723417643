import { describe, expect, test } from 'vitest'
import { ago } from './format.ts'

const AT = '2026-11-27T14:03:00.000Z'

const afterSeconds = (seconds: number) => Date.parse(AT) + seconds * 1_000

describe('the age of an instant', () => {
  test.each([
    [0, 'just now'],
    [9.999, 'just now'],
    [10, '10 sec. ago'],
    [19.999, '10 sec. ago'],
    [59.999, '50 sec. ago'],
    [60, '1 min. ago'],
    [3_600, '1 hr. ago'],
    [-1, 'in a moment'],
    [-60, 'in 1 min.'],
  ])('after %d s', (seconds, text) => {
    expect(ago(AT, afterSeconds(seconds))).toBe(text)
  })

  test('claims no seconds of an instant that is known to the minute', () => {
    expect(ago(AT, afterSeconds(59.999), 'minute')).toBe('just now')
    expect(ago(AT, afterSeconds(60), 'minute')).toBe('1 min. ago')
  })
})
