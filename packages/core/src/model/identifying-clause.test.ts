import { describe, expect, test } from 'vitest'
import type { Clause } from '../ruleset/wire.ts'
import { plainIdentifiers } from './identifying-clause.ts'

const identifiers = (attribute: string, op: Clause['op'], values: Clause['values']) =>
  plainIdentifiers({ attribute, op, values })

describe('plainIdentifiers', () => {
  test.for([
    ['email', 'in', ['Ada']],
    ['user.emailAddress', 'contains', ['ada']],
    ['userId', 'in', [42]],
    ['account_ids', 'in', ['a1']],
    ['device.id', 'startsWith', ['d']],
    ['phoneNumber', 'matches', ['*41']],
    ['lastName', 'in', ['Lovelace']],
    ['ip', 'cidr', ['192.0.2.7']],
    ['targetingKey', 'endsWith', ['@x.org']],
    ['instance', 'in', ['acme']],
    ['owner', 'in', ['ada@x.org']],
    ['owner', 'in', ['3F2504E0-4f89-11d3-9a0c-0305e82c3301']],
    ['owner', 'in', ['+41 44 668 18 00']],
  ] as const)('contains the values of %s %s %o', ([attribute, op, values]) => {
    expect(identifiers(attribute, op, values)).toEqual(values)
  })

  test.for([
    ['country', 'in', ['de', 'fr']],
    ['plan', 'in', ['pro']],
    ['paid', 'in', ['yes']],
    ['device.model', 'startsWith', ['Pixel']],
    ['userId', 'in', [true]],
    ['accountId', 'gte', [42]],
    ['targetingKey', 'in', ['ada']],
    ['email', 'exists', []],
    ['targetingKey', 'segment', ['staff']],
    ['version', 'semverGte', ['1.4.0']],
  ] as const)('is empty for %s %s %o', ([attribute, op, values]) => {
    expect(identifiers(attribute, op, values)).toEqual([])
  })

  test('is empty for hashed values', () => {
    const clause = { attribute: 'email', op: 'in', values: ['ada@x.org'] } as const
    expect(plainIdentifiers({ ...clause, hashed: true })).toEqual([])
  })

  test('contains only the values that look like identifiers, where the name tells nothing', () => {
    expect(identifiers('team', 'in', ['sales', 'ada@x.org', 7])).toEqual(['ada@x.org'])
  })
})
