import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import type { Clause, Ruleset, RulesetFlag } from '../ruleset/wire.ts'
import { evaluate, isEnabled, resolutionOf } from './evaluate.ts'
import { prepare } from './prepare.ts'
import type { EvaluationContext } from './resolution.ts'

const flag: RulesetFlag = {
  type: 'boolean',
  variants: { on: true, off: false },
  on: true,
  off: 'off',
  fallthrough: { variant: 'on' },
  revision: 1,
}

const ruleset = (flags: unknown, segments: unknown = {}): Ruleset => ({
  spec: 1,
  project: 'shop',
  scope: 'production',
  epoch: 'e1',
  version: 1,
  // The tests pass values that a broken server might send.
  flags: flags as Ruleset['flags'],
  segments: segments as Ruleset['segments'],
})

const withShare = (share: number, salt = 'salt'): RulesetFlag => ({
  ...flag,
  fallthrough: { variant: 'off' },
  rollout: { by: 'targetingKey', salt, share, serve: { variant: 'on' } },
})

const withClause = (clause: Clause): RulesetFlag => ({
  ...flag,
  rules: [{ id: 'r', when: [[clause]], serve: { variant: 'on' } }],
  fallthrough: { variant: 'off' },
})

const operators = [
  'in startsWith endsWith contains matches lt lte gt gte before after',
  'semverEq semverLt semverLte semverGt semverGte segment exists cidr unheard-of',
].flatMap((names) => names.split(' '))

/** Values of the right shape, so that the fuzzer passes the first check. */
const plausible = fc.oneof(
  fc.constantFrom('on', 'off', 'a', '1.2.3', '2026-01-01', '10.0.0.0/8', '[a-', '*?*', '__proto__'),
  fc.constantFrom(0, -0, 1, 50_000, 100_000, 100_001, 1e308, -1, 0.5),
  fc.constantFrom(true, false, null, [], {}, ['a'], { a: 1 }),
)
const name = fc.constantFrom(
  ...'type variants on off killed rules rollout fallthrough instances prerequisites flag'.split(
    ' ',
  ),
  ...'id when serve split by salt ranges share segments step planRun attribute op'.split(' '),
  ...'values negate ignoreCase include exclude __proto__ constructor toString a'.split(' '),
)
const { tree: wild } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    plausible,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 8 }),
  ),
}))
const wildClause = fc.record(
  {
    attribute: fc.oneof(name, plausible),
    op: fc.oneof(fc.constantFrom(...operators), plausible),
    values: fc.oneof(fc.array(fc.oneof(plausible, fc.string()), { maxLength: 4 }), wild),
    negate: plausible,
    ignoreCase: plausible,
    salt: plausible,
  },
  { requiredKeys: [] },
)
const wildFlag = fc.oneof(
  wild,
  fc.record(
    {
      type: fc.constantFrom('boolean', 'string', 'number', 'json', 7),
      variants: fc.constantFrom({ on: true, off: false }, { on: 'a', off: 'b' }, {}, null),
      on: fc.boolean(),
      off: fc.constantFrom('off', 'gone', 3),
      killed: plausible,
      rules: fc.array(
        fc.record({ id: fc.string(), when: fc.array(fc.array(wildClause)), serve: wild }),
        { maxLength: 3 },
      ),
      rollout: wild,
      fallthrough: fc.oneof(fc.constant({ variant: 'on' }), wild),
      instances: wild,
      prerequisites: fc.array(
        fc.record({ flag: fc.constantFrom('f', 'g', 'h'), variants: fc.constant(['on']) }),
      ),
    },
    { requiredKeys: ['type', 'variants', 'on', 'off', 'fallthrough'] },
  ),
)
const context = fc.oneof(
  fc.dictionary(fc.oneof(name, fc.constantFrom('targetingKey', 'instance')), fc.anything()),
  fc.anything(),
)

describe('evaluate', () => {
  test("never throws, and returns a value of the fallback's type for any input", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('f', 'g', 'h'), wildFlag),
        fc.oneof(fc.dictionary(fc.constantFrom('a', 'on'), wild), fc.constant({})),
        context,
        (flags, segments, given) => {
          const prepared = prepare(ruleset(flags, segments), { now: () => 0 })
          const asked = given as EvaluationContext
          expect(typeof evaluate(prepared, 'f', asked, false).value).toBe('boolean')
          expect(typeof evaluate(prepared, 'g', asked, 'x').value).toBe('string')
          expect(typeof isEnabled(prepared, 'h', asked)).toBe('boolean')
        },
      ),
      { numRuns: 600 },
    )
  })

  test.for([
    [
      'a getter',
      {
        get plan() {
          throw new Error('no')
        },
      },
    ],
    [
      'a proxy',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ],
  ] as const)('returns the fallback when %s of the context throws', ([, given]) => {
    const prepared = prepare(
      ruleset({ f: withClause({ attribute: 'plan', op: 'in', values: ['a'] }) }),
    )

    const details = evaluate(prepared, 'f', given as EvaluationContext, true)

    expect(details).toMatchObject({ value: true, reason: 'ERROR', errorCode: 'GENERAL' })
  })

  describe('reads a value outside JSON as JSON would write it', () => {
    const isMatch = (clause: Clause, given: object) =>
      isEnabled(prepare(ruleset({ f: withClause(clause) })), 'f', given as EvaluationContext)
    const at = '2026-03-01T12:00:00.000Z'
    class User {
      readonly #plan = 'pro'
      get plan() {
        return this.#plan
      }
    }
    const circular: Record<string, unknown> = { os: 'ios' }
    circular.self = circular
    const id = { toJSON: () => '65f1', toString: () => 'other' }

    test.for<[string, Omit<Clause, 'attribute'>, unknown, boolean]>([
      ['a date', { op: 'after', values: ['2026-01-01'] }, new Date(at), true],
      ['a date as text', { op: 'in', values: [at] }, new Date(at), true],
      ['an invalid date', { op: 'exists', values: [] }, new Date(Number.NaN), false],
      ['a small bigint', { op: 'gte', values: [5] }, 5n, true],
      ['a small bigint as a value', { op: 'in', values: [5] }, 5n, true],
      ['a large bigint', { op: 'in', values: ['9007199254740993'] }, 9007199254740993n, true],
      ['an id of a database', { op: 'in', values: ['65f1'] }, id, true],
      ['dates and bigints in a list', { op: 'in', values: [7] }, [new Date(at), 7n], true],
      ['a function', { op: 'exists', values: [] }, () => 'pro', false],
      ['a symbol', { op: 'exists', values: [] }, Symbol('pro'), false],
      ['NaN', { op: 'exists', values: [] }, Number.NaN, false],
      ['a map', { op: 'in', values: ['pro'] }, new Map([['a', 'pro']]), false],
      ['a cycle', { op: 'contains', values: ['ios'] }, circular, false],
      ['a cycle that exists', { op: 'exists', values: [] }, circular, true],
    ])('%s', ([, clause, value, expected]) => {
      expect(isMatch({ attribute: 'a', ...clause }, { a: value })).toBe(expected)
      expect(isMatch({ attribute: 'a', ...clause, negate: true }, { a: value })).toBe(!expected)
    })

    test('in a path, through cycles and getters of a class', () => {
      const clause = { attribute: 'self.self.os', op: 'in', values: ['ios'] } as const
      expect(isMatch(clause, circular)).toBe(true)
      const nested = { attribute: 'user.plan', op: 'in', values: ['pro'] } as const
      expect(isMatch(nested, { user: new User() })).toBe(true)
      expect(isMatch({ ...nested, attribute: 'plan' }, new User())).toBe(true)
      expect(
        isMatch({ ...nested, attribute: 'user.constructor', op: 'exists' }, { user: {} }),
      ).toBe(false)
    })

    test('as a unit and as a member of a segment', () => {
      const variantOf = (targetingKey: unknown) =>
        evaluate(
          prepare(ruleset({ f: withShare(50_000) })),
          'f',
          { targetingKey } as EvaluationContext,
          true,
        )
      const beta = { include: ['12'], exclude: [], when: [] }
      const targeted = withClause({ attribute: 'targetingKey', op: 'segment', values: ['beta'] })
      const inBeta = (targetingKey: unknown) =>
        isEnabled(prepare(ruleset({ f: targeted }, { beta })), 'f', {
          targetingKey,
        } as EvaluationContext)

      for (const n of [12, 13, 14, 15]) expect(variantOf(BigInt(n))).toEqual(variantOf(n))
      expect(variantOf(id)).toEqual(variantOf('65f1'))
      expect([inBeta(12n), inBeta(13n), inBeta([12n])]).toEqual([true, false, false])
    })
  })

  test('returns the same frozen JSON value to all callers', () => {
    const json = { ...flag, type: 'json', variants: { on: { a: [1] }, off: {} } }
    const prepared = prepare(ruleset({ f: json }))

    const { value } = evaluate(prepared, 'f', {}, null)

    expect(value).toEqual({ a: [1] })
    expect(() => (value as unknown as { a: number[] }).a.push(2)).toThrow(TypeError)
  })

  test('returns the fallback for a boolean flag evaluated as text, and the reverse', () => {
    const prepared = prepare(
      ruleset({ f: flag, s: { ...flag, type: 'string', variants: { on: 'a', off: 'b' } } }),
    )

    expect(evaluate(prepared, 'f', {}, 'x').errorCode).toBe('TYPE_MISMATCH')
    expect(evaluate(prepared, 's', {}, true).errorCode).toBe('TYPE_MISMATCH')
    expect(isEnabled(prepared, 's', {}, true)).toBe(true)
  })
})

describe('a rollout', () => {
  const units = fc.string()
  const shares = fc.integer({ min: 0, max: 100_000 })

  test('removes no unit when it grows', () => {
    fc.assert(
      fc.property(units, shares, shares, (targetingKey, a, b) => {
        const small = prepare(ruleset({ f: withShare(Math.min(a, b)) }))
        const large = prepare(ruleset({ f: withShare(Math.max(a, b)) }))
        const wasIn = isEnabled(small, 'f', { targetingKey })
        const hasLeft = wasIn && !isEnabled(large, 'f', { targetingKey })
        expect(hasLeft).toBe(false)
      }),
    )
  })

  test('treats the same units again after it shrinks and grows', () => {
    const people = Array.from({ length: 2_000 }, (_, i) => ({ targetingKey: `user-${i}` }))
    const treated = (share: number) => {
      const prepared = prepare(ruleset({ f: withShare(share) }))
      return people.filter((person) => isEnabled(prepared, 'f', person))
    }
    const before = treated(40_000)

    expect(treated(10_000).length).toBeLessThan(before.length)
    expect(treated(40_000)).toEqual(before)
  })

  test('treats the same share of the units that another flag treats', () => {
    const prepared = prepare(ruleset({ f: withShare(30_000, 'f'), g: withShare(50_000, 'g') }))
    const people = Array.from({ length: 50_000 }, (_, i) => ({ targetingKey: `user-${i}` }))
    const inF = people.filter((person) => isEnabled(prepared, 'f', person))
    const inBoth = inF.filter((person) => isEnabled(prepared, 'g', person))

    expect(inF.length / people.length).toBeCloseTo(0.3, 1)
    expect(Math.abs(inBoth.length / inF.length - 0.5)).toBeLessThan(0.02)
  })
})

describe('resolutions', () => {
  const treated = { targetingKey: 'user-0' }
  const idIn = (flags: unknown, context: EvaluationContext = treated) =>
    resolutionOf(prepare(ruleset(flags)), 'f', context)!.id

  test('have an id that is equal in every process and differs by arm and revision', () => {
    const everybody = { f: { ...withShare(100_000), revision: 7 } }
    const nobody = { f: { ...withShare(0), revision: 7 } }

    expect(idIn(structuredClone(everybody))).toBe(idIn(everybody))
    expect(idIn(nobody)).not.toBe(idIn(everybody))
    expect(idIn({ f: { ...everybody.f, revision: 8 } })).not.toBe(idIn(everybody))
  })

  test('name the unit of their rollout, and no unit without a rollout', () => {
    const unitIn = (share: number, parts: Partial<RulesetFlag> = {}) =>
      resolutionOf(prepare(ruleset({ f: { ...withShare(share), ...parts } })), 'f', treated)!.parts
        .unit

    expect(unitIn(100_000)).toMatchObject({ by: 'targetingKey', salt: 'salt' })
    expect(unitIn(0)).toMatchObject({ by: 'targetingKey', salt: 'salt' })
    expect(unitIn(100_000, { on: false })).toBeUndefined()
    expect(unitIn(100_000, { rollout: undefined })).toBeUndefined()
  })

  test('stay the same objects after a patch of other flags', () => {
    const prepared = prepare(ruleset({ f: flag, g: flag }))
    const known = resolutionOf(prepared, 'f', {})

    const next = prepared.patched({ epoch: 'e1', from: 1, to: 2, flags: { g: null }, segments: {} })

    expect(resolutionOf(next, 'f', {})).toBe(known)
    expect(resolutionOf(next, 'g', {})).toBeUndefined()
    expect(resolutionOf(prepared, 'g', {})?.variant).toBe('on')
  })

  test('are the same objects in instances with the same configuration', () => {
    const own = { ...flag, revision: 3 }
    const prepared = prepare(ruleset({ f: { ...flag, instances: { acme: own, globex: own } } }))
    const inInstance = (instance: string) => resolutionOf(prepared, 'f', { instance })

    expect(inInstance('acme')?.parts.revision).toBe(3)
    expect(inInstance('globex')).toBe(inInstance('acme'))
    expect(inInstance('initech')).not.toBe(inInstance('acme'))
  })

  test('follow a segment that a patch changes', () => {
    const beta = { include: ['ada'], exclude: [], when: [] }
    const targeted = withClause({ attribute: 'targetingKey', op: 'segment', values: ['beta'] })
    const prepared = prepare(ruleset({ f: targeted }, { beta }))

    const next = prepared.patched({
      epoch: 'e1',
      from: 1,
      to: 2,
      flags: {},
      segments: { beta: { ...beta, include: ['bob'] } },
    })

    expect(isEnabled(next, 'f', { targetingKey: 'ada' })).toBe(false)
    expect(isEnabled(next, 'f', { targetingKey: 'bob' })).toBe(true)
    expect(isEnabled(prepared, 'f', { targetingKey: 'ada' })).toBe(true)
  })
})

describe('hostile input', () => {
  // A second is thousands of times the linear duration here, and far below the quadratic
  // duration.
  const budgetMs = 1_000
  const elapsedMs = (work: () => void) => {
    const start = performance.now()
    work()
    return performance.now() - start
  }
  const long = 1_000_000

  test.for([
    ['startsWith', 'a'.repeat(long), 'a'.repeat(999)],
    ['contains', 'a'.repeat(long), `${'a'.repeat(900)}b`],
    ['endsWith', 'a'.repeat(long), 'b'],
    ['matches', 'a'.repeat(long / 10), `${'a*'.repeat(30)}b`],
    ['matches', '['.repeat(long), '['.repeat(256)],
    ['before', '1'.repeat(long), '2026-01-01'],
    ['semverGt', `1.2.3-${'0'.repeat(long)}`, '1.0.0'],
    ['semverGt', `1.2.3-${'1a.'.repeat(long / 3)}`, '1.0.0'],
    ['semverLt', `${'9'.repeat(long)}.0.0`, `${'9'.repeat(900)}.0.0`],
    ['cidr', ':'.repeat(long), '::/0'],
    ['cidr', '1.'.repeat(long), '0.0.0.0/0'],
    ['in', 'é'.repeat(long), 'a'],
  ] as const)('is evaluated in linear time: %s', ([op, value, pattern]) => {
    const clause = { attribute: 'a', op, values: [pattern] } as const
    const prepared = prepare(
      ruleset({ f: withClause(clause), h: withClause({ ...clause, salt: 's' }) }),
    )

    expect(elapsedMs(() => isEnabled(prepared, 'f', { a: value }))).toBeLessThan(budgetMs)
    expect(elapsedMs(() => isEnabled(prepared, 'h', { a: value }))).toBeLessThan(budgetMs)
  })

  test('is evaluated in linear time: a ladder of prerequisites with two paths at each rung', () => {
    const flags: Record<string, RulesetFlag> = { 'left-0': flag, 'right-0': flag }
    for (let i = 1; i <= 32; i += 1)
      for (const side of ['left', 'right'])
        flags[`${side}-${i}`] = {
          ...flag,
          prerequisites: [
            { flag: `left-${i - 1}`, variants: ['on'] },
            { flag: `right-${i - 1}`, variants: ['on'] },
          ],
        }
    const prepared = prepare(ruleset(flags))

    expect(elapsedMs(() => isEnabled(prepared, 'left-32', {}))).toBeLessThan(budgetMs)
    expect(isEnabled(prepared, 'left-32', {})).toBe(true)
  })

  test('is evaluated without a stack overflow: a chain of 50,000 prerequisites', () => {
    const flags: Record<string, RulesetFlag> = { 'f-0': flag }
    for (let i = 1; i <= 50_000; i += 1)
      flags[`f-${i}`] = { ...flag, prerequisites: [{ flag: `f-${i - 1}`, variants: ['on'] }] }
    const prepared = prepare(ruleset(flags))

    expect(isEnabled(prepared, 'f-32', {})).toBe(true)
    expect(isEnabled(prepared, 'f-50000', {})).toBe(false)
  })

  test('is prepared without a stack overflow: JSON nested 100,000 levels deep', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    const prepared = prepare(
      ruleset({ f: { ...flag, type: 'json', variants: { on: deep, off: {} } } }),
    )

    expect(evaluate(prepared, 'f', {}, null).reason).toBe('STATIC')
  })
})

describe('prepare', () => {
  /** A ruleset that records which of its flags and segments are read. */
  const watched = (flags: Record<string, unknown>, segments: Record<string, unknown> = {}) => {
    const read: string[] = []
    const watch = (items: Record<string, unknown>) =>
      new Proxy(items, {
        get(target, key) {
          read.push(String(key))
          return Reflect.get(target, key)
        },
      })
    return { read, prepared: prepare(ruleset(watch(flags), watch(segments))) }
  }

  test('reads a flag, its prerequisites and its segments at the first evaluation', () => {
    const beta = { include: ['ada'], exclude: [], when: [] }
    const targeted = withClause({ attribute: 'targetingKey', op: 'segment', values: ['beta'] })
    const { read, prepared } = watched(
      {
        f: { ...targeted, prerequisites: [{ flag: 'g', variants: ['on'] }] },
        g: flag,
        h: { ...flag, off: 'gone' },
      },
      { beta, gamma: beta },
    )
    expect(read).toEqual([])

    expect(isEnabled(prepared, 'f', { targetingKey: 'ada' })).toBe(true)
    expect(isEnabled(prepared, 'f', { targetingKey: 'ada' })).toBe(true)
    expect(read).toEqual(['f', 'beta', 'g'])
  })

  test('reports a broken flag at each evaluation, and all of them on demand', () => {
    const { read, prepared } = watched({ f: { ...flag, off: 'gone' }, g: flag, h: null })

    for (let i = 0; i < 2; i += 1)
      expect(evaluate(prepared, 'f', {}, true)).toMatchObject({
        value: true,
        errorCode: 'PARSE_ERROR',
        errorMessage: expect.stringContaining('"gone"'),
      })
    expect(read).toEqual(['f'])
    expect([...prepared.broken.keys()]).toEqual(['f', 'h'])
  })

  test.for([undefined, null, 1, {}, Symbol('f')])('finds no flag for the key %s', (key) => {
    const prepared = prepare(ruleset({ undefined: flag, null: flag, 1: flag }))

    expect(isEnabled(prepared, key as unknown as string, {})).toBe(false)
  })

  test('meets prerequisites up to a depth of 32, in every order of evaluation', () => {
    const names = Array.from({ length: 45 }, (_, i) => `f-${i}`)
    const keys = fc.constantFrom(...names)
    // The flags are also in long chains, so that depths around the limit and cycles are common.
    const chain = fc.shuffledSubarray(names, { minLength: 30 })
    const more = fc.array(fc.tuple(keys, keys), { maxLength: 6 })
    fc.assert(
      fc.property(chain, more, fc.array(keys), (first, edges, order) => {
        const all = [...first.slice(1).map((key, i) => [first[i]!, key] as const), ...edges]
        const namedBy = (key: string) =>
          all.flatMap(([from, to]) => (from === key && first.includes(to) ? [to] : []))
        const flagOf = (key: string) => ({
          ...flag,
          prerequisites: namedBy(key).map((other) => ({ flag: other, variants: ['on', 'off'] })),
        })
        const flags = Object.fromEntries(first.map((key) => [key, flagOf(key)]))
        // Each round makes a flag deeper than its prerequisites; a cycle grows for ever.
        const depths = new Map<string, number>()
        for (let round = 0; round < 40; round += 1)
          for (const key of first)
            depths.set(
              key,
              Math.max(0, ...namedBy(key).map((other) => (depths.get(other) ?? 0) + 1)),
            )

        const prepared = prepare(ruleset(flags))
        for (const key of [...order, ...first])
          expect([key, isEnabled(prepared, key)]).toEqual([key, (depths.get(key) ?? 99) <= 32])
      }),
      { numRuns: 500 },
    )
  })

  test.for([
    ['nothing', undefined],
    ['text', 'spec'],
    ['another specification', { ...ruleset({}), spec: 2 }],
    ['no flags', { ...ruleset({}), flags: [] }],
    ['no version', { ...ruleset({}), version: 'x' }],
  ] as const)('refuses %s', ([, given]) => {
    expect(() => prepare(given as unknown as Ruleset)).toThrow(
      expect.objectContaining({ code: 'RULESET_UNUSABLE' }),
    )
  })
})
