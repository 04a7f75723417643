import { describe, expect, test } from 'vitest'
import {
  clauseText,
  conditionText,
  membersText,
  rolloutText,
  ruleText,
  serveText,
} from './sentences.ts'

const is = (attribute: string, ...values: (string | boolean)[]) => ({
  attribute,
  op: 'in' as const,
  values,
})
const pro = is('plan', 'pro', 'team')

describe('a configuration in words', () => {
  test('names the values of a clause', () => {
    expect(clauseText(pro)).toBe('plan is pro or team')
    expect(clauseText(is('team', 'sales and support', 'care'))).toBe(
      'team is sales and support or care',
    )
    expect(clauseText({ attribute: 'email', op: 'exists', values: [], negate: true })).toBe(
      'email is not set',
    )
    const contains = { attribute: 'email', op: 'contains' as const, values: ['@acme'] }
    expect(clauseText({ ...contains, negate: true, ignoreCase: true })).toBe(
      'email does not contain @acme (ignoring case)',
    )
    expect(clauseText({ ...is('targetingKey', 'staff'), op: 'segment' })).toBe(
      'the context is in segment staff',
    )
  })

  test('tells text from numbers and booleans', () => {
    expect(clauseText({ attribute: 'plan', op: 'in', values: ['42', 42, 'true', true] })).toBe(
      'plan is "42", 42, "true" or true',
    )
  })

  test('joins clauses and groups', () => {
    const when = [[pro, is('country', 'de')], [is('beta', true)]]
    expect(conditionText({ when })).toBe('plan is pro or team and country is de, or beta is true')
    expect(conditionText({ when: [] })).toBe('Every context')
    expect(ruleText({ when: [], serve: { variant: 'on' } })).toBe('Every context: on')
    expect(ruleText({ when: [[pro]], serve: { variant: 'on' } })).toBe('If plan is pro or team: on')
  })

  test('sums the ranges of a split', () => {
    const ranges: [number, number, string][] = [
      [0, 25_000, 'on'],
      [25_000, 90_000, 'off'],
      [90_000, 100_000, 'on'],
    ]
    const split = { by: 'targetingKey', salt: 's', ranges }
    expect(serveText({ split })).toBe('on 35 %, off 65 %')
    expect(serveText({ split: { ...split, by: 'account' } })).toBe('on 35 %, off 65 % by account')
    expect(serveText({ weights: { on: 500, off: 99_500 } })).toBe('on 0.5 %, off 99.5 %')
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
