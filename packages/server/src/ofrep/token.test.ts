import { describe, expect, test } from 'vitest'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { createStreamTokens } from './token.ts'

const MINUTE = 60_000
const NOON = Date.parse('2026-11-20T12:00:00.000Z')

const target: RulesetTarget = { project: 'shop', scope: 'production/acme', audience: 'client' }
const other: RulesetTarget = { ...target, scope: 'production/globex' }
const grant = { target, keyId: 'key-1' }

function givenTokens(at = NOON) {
  const clock = { now: at }
  const secret = new Uint8Array(32).fill(7)
  return { clock, tokens: createStreamTokens({ secret, elapsed: () => clock.now }) }
}

describe('stream tokens', () => {
  test('grant what they were made for', () => {
    const { tokens } = givenTokens()

    expect(tokens.read(tokens.grant(grant), undefined)).toEqual(grant)
  })

  test.for([
    { made: 'at the start of a window', into: 0, good: 10 * MINUTE },
    { made: 'at the end of a window', into: 5 * MINUTE - 1, good: 5 * MINUTE + 1 },
  ])('are good until the next window ends when they are made $made', ({ into, good }) => {
    const { clock, tokens } = givenTokens(NOON + into)
    const token = tokens.grant(grant)

    clock.now += good - 1
    expect(tokens.read(token, undefined)).toEqual(grant)
    clock.now += 1
    expect(tokens.read(token, undefined)).toBeUndefined()
  })

  test('are the same text within a window, so that clients keep their connection', () => {
    const { clock, tokens } = givenTokens()
    const first = tokens.grant(grant)

    clock.now += 5 * MINUTE - 1
    expect(tokens.grant(grant)).toBe(first)
    clock.now += 1
    expect(tokens.grant(grant)).not.toBe(first)
  })

  test('let a stream that was open come back after they have run out', () => {
    const { clock, tokens } = givenTokens()
    const token = tokens.grant(grant)
    clock.now += 18 * MINUTE
    const resume = tokens.resume(target)

    clock.now += 30 * MINUTE
    expect(tokens.read(token, resume)).toEqual(grant)
    clock.now += 30 * MINUTE
    expect(tokens.read(token, resume)).toBeUndefined()
  })

  test.for([
    { shown: 'of another address', resume: (tokens: Tokens) => tokens.resume(other) },
    { shown: 'that is a grant', resume: (tokens: Tokens) => tokens.grant(grant) },
    { shown: 'that is made up', resume: () => 'production.12' },
    { shown: 'that is empty', resume: () => '' },
  ])('do not come back with an event id $shown', ({ resume }) => {
    const { clock, tokens } = givenTokens()
    const token = tokens.grant(grant)
    clock.now += 10 * MINUTE

    expect(tokens.read(token, resume(tokens))).toBeUndefined()
  })

  test.for([
    { text: 'nothing', forge: () => '' },
    { text: 'no signature', forge: (token: string) => token.split('.')[0]! },
    { text: 'an empty signature', forge: (token: string) => `${token.split('.')[0]}.` },
    { text: 'something behind it', forge: (token: string) => `${token}.x` },
    {
      text: 'other claims',
      forge: (token: string) => {
        const claims = ['shop', 'production', 'server', 'key-1', NOON * 2]
        return `${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${token.split('.')[1]}`
      },
    },
    {
      text: 'the signature of another process',
      forge: () =>
        createStreamTokens({ secret: new Uint8Array(32), elapsed: () => NOON }).grant(grant),
    },
    { text: 'an event id', forge: (_: string, tokens: Tokens) => tokens.resume(target) },
  ])('are refused with $text', ({ forge }) => {
    const { tokens } = givenTokens()

    expect(tokens.read(forge(tokens.grant(grant), tokens), undefined)).toBeUndefined()
  })
})

type Tokens = ReturnType<typeof createStreamTokens>
