import { LIMITS } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { contextOf, parseBody, parseConfigEtag } from './request.ts'

const nested = (levels: number): unknown =>
  Array.from({ length: levels }).reduce((inner) => [inner], 'end' as unknown)

describe('parseBody', () => {
  test('takes no body for an empty request', () => {
    expect(parseBody('')).toBeUndefined()
  })

  test('keeps names that objects have by themselves as data', () => {
    const body = parseBody('{"context":{"__proto__":"x"}}') as { context: object }

    expect(Object.keys(body.context)).toEqual(['__proto__'])
  })

  test('refuses what is not JSON', () => {
    expect(() => parseBody('{"context":')).toThrow(expect.objectContaining({ code: 'PARSE_ERROR' }))
  })
})

describe('contextOf', () => {
  test.for([
    { request: 'without a body', body: undefined },
    { request: 'without a context', body: {} },
    { request: 'whose context is null', body: { context: null } },
    { request: 'with members that it does not know', body: { cacheable: true } },
  ])('returns an empty context for a request $request', ({ body }) => {
    expect(contextOf(body)).toEqual({})
  })

  test.for([
    { key: 'text', targetingKey: 'ada' },
    { key: 'empty text', targetingKey: '' },
    { key: 'a number', targetingKey: 42 },
    { key: 'null', targetingKey: null },
  ])('leaves a targeting key that is $key to the evaluation', ({ targetingKey }) => {
    expect(contextOf({ context: { targetingKey } })).toEqual({ targetingKey })
  })

  test.for([
    { what: 'a body that is a list', body: [], code: 'PARSE_ERROR' },
    { what: 'a body that is text', body: 'context', code: 'PARSE_ERROR' },
    { what: 'a body that is null', body: null, code: 'PARSE_ERROR' },
    { what: 'a context that is a list', body: { context: [] }, code: 'INVALID_CONTEXT' },
    { what: 'a context that is text', body: { context: 'ada' }, code: 'INVALID_CONTEXT' },
    {
      what: 'a targeting key that is an object',
      body: { context: { targetingKey: { id: 1 } } },
      code: 'TARGETING_KEY_MISSING',
    },
    {
      what: 'a targeting key that is a list',
      body: { context: { targetingKey: ['ada'] } },
      code: 'TARGETING_KEY_MISSING',
    },
  ])('refuses $what with $code', ({ body, code }) => {
    expect(() => contextOf(body)).toThrow(expect.objectContaining({ code, status: 400 }))
  })

  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, i]))

  test.for([
    {
      limit: 'attributes',
      allowed: many(LIMITS.contextAttributes),
      over: many(LIMITS.contextAttributes + 1),
    },
    {
      limit: 'levels',
      allowed: { deep: nested(LIMITS.jsonDepth) },
      over: { deep: nested(LIMITS.jsonDepth + 1) },
    },
  ])('takes as many $limit as are allowed, and refuses one more', ({ allowed, over }) => {
    expect(contextOf({ context: allowed })).toBe(allowed)
    expect(() => contextOf({ context: over })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONTEXT' }),
    )
  })

  test('refuses a context that is deeper than the call stack', () => {
    const body = parseBody(`{"context":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`)

    expect(() => contextOf(body)).toThrow(expect.objectContaining({ code: 'INVALID_CONTEXT' }))
  })

  test('returns a context or an OFREP error for any JSON', () => {
    const codes = ['PARSE_ERROR', 'INVALID_CONTEXT', 'TARGETING_KEY_MISSING']
    const outcomeOf = (body: unknown): unknown => {
      try {
        return typeof contextOf(body)
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    const context = fc.record({ context: fc.jsonValue({ maxDepth: 4 }) })

    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), context), (body) => {
        expect(['object', ...codes]).toContain(outcomeOf(body))
      }),
    )
  })
})

describe('parseConfigEtag', () => {
  const hash = '5d41402abc4b2a76'
  test.for([
    { text: 'abc.12', cursor: { epoch: 'abc', version: 12 } },
    { text: `"abc.12.${hash}"`, cursor: { epoch: 'abc', version: 12, hash } },
    { text: `W/"abc.12.${hash}"`, cursor: { epoch: 'abc', version: 12, hash } },
    { text: 'abc', cursor: undefined },
    { text: ['abc.12', 'abc.13'], cursor: undefined },
    { text: undefined, cursor: undefined },
  ])('reads $text as $cursor', ({ text, cursor }) => {
    expect(parseConfigEtag(text)).toEqual(cursor)
  })
})
