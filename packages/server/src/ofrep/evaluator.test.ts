import type { Ruleset, RulesetFlag } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { publish } from '../rulesets/published.ts'
import type { PublishedRuleset, RulesetTarget } from '../rulesets/rulesets.ts'
import { bulkEtag } from './bulk-etag.ts'
import { createEvaluators, type Evaluator } from './evaluator.ts'

const NOON = Date.parse('2026-11-20T12:00:00.000Z')

const flag: RulesetFlag = {
  type: 'string',
  variants: { old: 'v1', new: 'v2' },
  on: true,
  off: 'old',
  fallthrough: { variant: 'new' },
  revision: 1,
}
const afterNoon: RulesetFlag = {
  ...flag,
  rules: [
    {
      id: 'afternoon',
      when: [[{ attribute: '$now', op: 'after', values: [NOON] }]],
      serve: { variant: 'new' },
    },
  ],
  fallthrough: { variant: 'old' },
}

function published(flags: Record<string, RulesetFlag>, parts: Partial<Ruleset> = {}) {
  const ruleset: Ruleset = {
    spec: 1,
    project: 'shop',
    scope: 'production',
    epoch: 'e',
    version: 7,
    flags,
    segments: {},
    ...parts,
  }
  return publish(ruleset, () => JSON.stringify(flags).length.toString(16))
}

const target: RulesetTarget = { project: 'shop', scope: 'production', audience: 'server' }
const evaluatorOf = (ruleset: PublishedRuleset) => createEvaluators(() => NOON)(target, ruleset)
const answer = (text: string): unknown => JSON.parse(text)
const itemsOf = (evaluator: Evaluator) =>
  answer(`[${evaluator.all({}).text}]`) as { key: string; variant?: string }[]

describe('an evaluator', () => {
  test.for([
    {
      state: 'the same for everybody',
      flag,
      expected: { key: 'f', value: 'v2', reason: 'STATIC', variant: 'new' },
    },
    {
      state: 'off',
      flag: { ...flag, on: false },
      expected: {
        key: 'f',
        value: 'v1',
        reason: 'DISABLED',
        variant: 'old',
        metadata: { reasonDetail: 'off' },
      },
    },
    {
      state: 'killed',
      flag: { ...flag, killed: true },
      expected: {
        key: 'f',
        value: 'v1',
        reason: 'DISABLED',
        variant: 'old',
        metadata: { reasonDetail: 'killed' },
      },
    },
    {
      state: 'in a rollout',
      flag: {
        ...flag,
        fallthrough: { variant: 'old' },
        rollout: {
          by: 'targetingKey',
          salt: 's',
          share: 100_000,
          serve: { variant: 'new' },
          planRun: 'p1',
          step: 2,
        },
      },
      expected: {
        key: 'f',
        value: 'v2',
        reason: 'SPLIT',
        variant: 'new',
        metadata: { arm: 'treatment', planRun: 'p1', step: 2 },
      },
    },
  ])('answers with value, reason, variant and metadata for a flag that is $state', (row) => {
    const evaluator = evaluatorOf(published({ f: row.flag }))

    expect(answer(evaluator.one('f', { targetingKey: 'ada' }))).toEqual(row.expected)
  })

  test('says which flag is unknown, also where objects know the name', () => {
    const evaluator = evaluatorOf(published({ f: flag }))

    expect(() => evaluator.one('constructor', {})).toThrow(
      expect.objectContaining({ code: 'FLAG_NOT_FOUND', status: 404 }),
    )
  })

  test('answers for all flags, and for a broken one with a failure', () => {
    const broken = { ...flag, off: 'nothing' }
    const evaluator = evaluatorOf(published({ f: flag, broken }))

    expect(itemsOf(evaluator)).toEqual([
      { key: 'f', value: 'v2', reason: 'STATIC', variant: 'new' },
      { key: 'broken', errorCode: 'PARSE_ERROR', errorDetails: expect.stringContaining('broken') },
    ])
    expect(() => evaluator.one('broken', {})).toThrow(expect.objectContaining({ status: 400 }))
  })

  test("returns neither value nor variant for the caller's default, and leaves it out of all flags", () => {
    const fresh = { ...flag, on: false, off: '' }
    const evaluator = evaluatorOf(published({ f: flag, fresh }))

    expect(answer(evaluator.one('fresh', {}))).toEqual({
      key: 'fresh',
      reason: 'DISABLED',
      metadata: { reasonDetail: 'off' },
    })
    expect(itemsOf(evaluator)).toMatchObject([{ key: 'f' }])
  })

  test('answers for no flags at all', () => {
    expect(evaluatorOf(published({})).all({})).toEqual({ text: '', bytes: 0 })
  })

  test('knows the number of bytes of all flags', () => {
    const greeting = { ...flag, variants: { old: 'v1', new: 'Grüße ☃' } }
    const broken = { ...flag, off: 'nothing' }
    const fresh = { ...flag, on: false, off: '' }
    const { text, bytes } = evaluatorOf(published({ f: flag, greeting, fresh, broken })).all({})

    expect(text).toContain('Grüße ☃')
    expect(bytes).toBe(Buffer.byteLength(text))
  })

  test('is made once for each version of a ruleset', () => {
    const evaluatorOf = createEvaluators(() => NOON)
    const ruleset = published({ f: flag })
    const evaluator = evaluatorOf(target, ruleset)

    expect(evaluatorOf(target, ruleset)).toBe(evaluator)
    expect(evaluatorOf(target, published({ f: flag }))).not.toBe(evaluator)
    expect(evaluatorOf({ ...target, scope: 'staging' }, ruleset)).not.toBe(evaluator)
  })

  test('answers from each version of a ruleset, and from another log', () => {
    const evaluatorOf = createEvaluators(() => NOON)
    const versions = [
      published({ a: flag }, { version: 1 }),
      published({ a: { ...flag, on: false }, b: flag }, { version: 2 }),
      published({ b: flag }, { version: 3 }),
      published({ a: flag }, { version: 3, epoch: 'other' }),
      published({ b: flag }, { version: 1, epoch: 'other' }),
    ]
    const variantsOf = (version: PublishedRuleset) =>
      itemsOf(evaluatorOf(target, version))
        .map(({ key, variant }) => `${key} ${variant}`)
        .join(', ')

    expect(versions.map(variantsOf)).toEqual(['a new', 'a old, b new', 'b new', 'a new', 'b new'])
  })

  test('prepares for the next version only what has changed', () => {
    const evaluatorOf = createEvaluators(() => NOON)
    let reads = 0
    const counted: RulesetFlag = Object.defineProperty({ ...flag }, 'variants', {
      enumerable: true,
      get: () => {
        reads += 1
        return flag.variants
      },
    })
    evaluatorOf(target, published({ counted }, { version: 1 })).one('counted', {})
    const readsBefore = reads

    evaluatorOf(target, published({ counted, more: flag }, { version: 2 })).one('counted', {})

    expect(readsBefore).toBeGreaterThan(0)
    expect(reads).toBe(readsBefore)
  })

  const segment = { include: [], exclude: [], when: afterNoon.rules![0]!.when }

  test.for([
    { place: 'nowhere', ruleset: published({ f: flag }), readsClock: false },
    { place: 'in a rule', ruleset: published({ f: afterNoon }), readsClock: true },
    {
      place: 'in a rule of an instance',
      ruleset: published({ f: { ...flag, instances: { acme: afterNoon } } }),
      readsClock: true,
    },
    {
      place: 'in a segment',
      ruleset: published({ f: flag }, { segments: { s: segment } }),
      readsClock: true,
    },
  ])('knows that the clock is asked $place', ({ ruleset, readsClock }) => {
    expect(evaluatorOf(ruleset).readsClock).toBe(readsClock)
  })
})

describe('bulkEtag', () => {
  const parts = { published: published({ f: flag }), context: { a: 1, b: [2] }, surroundings: '[]' }
  const etag = bulkEtag(parts)

  test('is a strong ETag', () => {
    expect(etag).toMatch(/^"[\w-]+"$/)
  })

  test('is the same for the same context in another order', () => {
    expect(bulkEtag({ ...parts, context: { b: [2], a: 1 } })).toBe(etag)
  })

  test.for([
    { part: 'ruleset', changed: { published: published({ f: { ...flag, on: false } }) } },
    { part: 'scope', changed: { published: published({ f: flag }, { scope: 'staging' }) } },
    { part: 'project', changed: { published: published({ f: flag }, { project: 'web' }) } },
    { part: 'context', changed: { context: { a: '1', b: [2] } } },
    { part: 'event stream', changed: { surroundings: '[{}]' } },
    { part: 'answers', changed: { answers: '{}' } },
  ])('is another one for another $part', ({ changed }) => {
    expect(bulkEtag({ ...parts, ...changed })).not.toBe(etag)
  })
})
