import { expect, test } from 'vitest'
import { momentText } from './moment-text.ts'

const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 3).getTime()

test('an instant shows its day only within a span of several days', () => {
  expect(momentText(at(27, 14), [at(27, 0), at(27, 23)])).toBe('14:03')
  expect(momentText(at(27, 14), [at(26, 23), at(27, 23)])).toBe('27 Nov, 14:03')
  // The days of a span decide, not its length.
  expect(momentText(at(27, 0), [at(26, 23), at(27, 1)])).toBe('27 Nov, 00:03')
})
