import { describe, expect, test } from 'vitest'
import { clauseText, conditionText, membersText, rolloutText, serveText } from './sentences.ts'

const is = (attribute: string, ...values: (string | boolean)[]) => ({
  attribute,
  op: 'in' as const,
  values,
})
const pro = is('plan', 'pro', 'team')

describe('a configuration in words', () => {
  test('names the values of a clause', () => {
    expect(clauseText(pro)).toBe('plan is pro or team')
    expect(clauseText({ attribute: 'email', op: 'exists', values: [], negate: true })).toBe(
      'email not: is set',
    )
  })

  test('joins clauses and groups', () => {
    const when = [[pro, is('country', 'de')], [is('beta', true)]]
    expect(conditionText({ when })).toBe('plan is pro or team and country is de, or beta is true')
    expect(conditionText({ when: [] })).toBe('Every context')
  })

  test('sums the ranges of a split', () => {
    const ranges = [
      [0, 25_000, 'on'],
      [25_000, 90_000, 'off'],
      [90_000, 100_000, 'on'],
    ]
    expect(serveText({ split: { ranges } })).toBe('on 35 %, off 65 %')
    expect(serveText({ variant: '' })).toBe("the caller's fallback")
  })

  test('names the segments of a rollout', () => {
    const rollout = { by: 'targetingKey', share: 12_500 }
    expect(rolloutText(rollout)).toBe('12.5 % by targetingKey')
    expect(rolloutText({ ...rollout, segments: ['staff', 'beta'] })).toBe(
      '12.5 % by targetingKey, and members of staff and beta',
    )
  })

  test('names the members of a layer', () => {
    expect(membersText({ on: true, fallthrough: { variant: 'off' } })).toBe(
      'sets switch and default',
    )
    expect(membersText({})).toBe('sets nothing')
  })
})
