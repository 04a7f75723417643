import { describe, expect, test } from 'vitest'
import { LIMITS } from '../limits.ts'
import { targetingKeys } from './targeting-keys.ts'

const schema = targetingKeys({ description: 'Members' })
const texts = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}`)

describe('a list of targeting keys', () => {
  test.for([
    ['no keys', []],
    ['the longest key', ['a'.repeat(LIMITS.clauseValueLength)]],
    ['the most keys', texts(LIMITS.segmentList)],
  ] as const)('may hold %s', ([, keys]) => {
    expect(schema.parse(keys)).toEqual(keys)
  })

  test.for([
    ['another value', 'ada', []],
    ['a member that is not a text', ['ada', 7], [1]],
    ['a longer key', ['ada', 'a'.repeat(LIMITS.clauseValueLength + 1)], [1]],
    ['more keys', texts(LIMITS.segmentList + 1), []],
  ] as const)('refuses %s, and names its place', ([, value, path]) => {
    const { issues = [] } = schema.safeParse(value).error ?? {}

    expect(issues.map((issue) => issue.path)).toEqual([path])
  })
})
