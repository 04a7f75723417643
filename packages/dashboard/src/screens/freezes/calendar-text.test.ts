import { describe, expect, test } from 'vitest'
import { calendarSentence } from './calendar-text.ts'

const START = '2027-03-01T00:00:00Z'
const END = '2027-04-01T00:00:00Z'

const freeze = (from: string, to: string) => ({ key: 'audit', name: 'Audit', from, to })
const sentenceAt = (now: string, ...freezes: readonly ReturnType<typeof freeze>[]) => {
  const calendar = { scope: 'production', timeZone: 'UTC', from: START, to: END }
  return calendarSentence({ ...calendar, freezes: [...freezes] }, Date.parse(now))
}

describe('the sentence of a calendar', () => {
  test('names the last end of the freezes in force', () => {
    const freezes = [
      freeze('2027-03-10T12:00:00Z', '2027-03-16T12:00:00Z'),
      freeze('2027-03-11T12:00:00Z', '2027-03-13T12:00:00Z'),
    ]
    expect(sentenceAt('2027-03-12T12:00:00Z', ...freezes)).toMatch(/until 1[67] Mar 2027, \d/)
  })

  test('claims no end of a freeze that may go on after the month', () => {
    expect(sentenceAt('2027-03-12T12:00:00Z', freeze('2027-03-10T12:00:00Z', END))).toBe(
      'production is frozen now: Audit, until the end of this month at least.',
    )
  })

  test('names the next freeze, and says nothing about another month', () => {
    const freezes = [freeze('2027-03-20T12:00:00Z', END)]
    expect(sentenceAt('2027-03-12T12:00:00Z', ...freezes)).toMatch(
      /^production is not frozen now\. Next: Audit starts on (20|21) Mar 2027, \d/,
    )
    expect(sentenceAt('2027-04-12T12:00:00Z', ...freezes)).toBeUndefined()
  })
})
