import { describe, expect, test } from 'vitest'
import { AUDIENCES, histories, rulesets, SCOPES } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { compile } from '../model/index.ts'
import { diff } from './diff.ts'
import { patch } from './patch.ts'
import type { Ruleset, RulesetFlag } from './wire.ts'

const flag: RulesetFlag = {
  type: 'json',
  variants: { on: { a: 1, b: 2 }, off: null },
  on: true,
  off: 'off',
  fallthrough: { variant: 'on' },
  revision: 1,
}

const ruleset = (flags: Record<string, RulesetFlag>, version = 1): Ruleset => ({
  spec: 1,
  project: 'shop',
  scope: 'production',
  epoch: 'e1',
  version,
  flags,
  segments: {},
})

const sorted = (flags: Record<string, RulesetFlag>) =>
  Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)))

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value))

describe('diff and patch', () => {
  test('lead from any version to any later one, byte for byte, also over the wire', () => {
    const targets = fc.record({
      history: histories,
      scope: fc.constantFrom(...SCOPES),
      audience: fc.constantFrom(...AUDIENCES),
    })
    fc.assert(
      fc.property(targets, ({ history, ...target }) => {
        const made = history.states.map((state) => compile(state, { ...target, epoch: 'e1' }))
        for (const [i, from] of made.entries())
          for (const to of made.slice(i)) {
            const arrived = patch(throughJson(from), throughJson(diff(from, to)))
            expect(JSON.stringify(arrived)).toBe(JSON.stringify(to))
          }
      }),
    )
  })

  test('lead back to older versions', () => {
    fc.assert(
      fc.property(rulesets, rulesets, (one, two) => {
        const target = { project: one.project, scope: one.scope, epoch: one.epoch }
        const other = { ...two, ...target }
        expect(JSON.stringify(patch(patch(one, diff(one, other)), diff(other, one)))).toBe(
          JSON.stringify(one),
        )
      }),
    )
  })

  test.for([['10'], ['9'], ['constructor'], ['__proto__'], ['toString'], ['a b/c']] as const)(
    'add, replace and remove a flag with the key %s',
    ([key]) => {
      const without = ruleset(sorted({ m: flag, '9.5': flag }))
      const added = ruleset(sorted({ m: flag, '9.5': flag, [key]: flag }), 2)
      const replaced = ruleset(sorted({ m: flag, '9.5': flag, [key]: { ...flag, on: false } }), 3)
      const removed = { ...without, version: 4 }

      const first = patch(without, throughJson(diff(without, added)))
      const second = patch(first, throughJson(diff(added, replaced)))
      const third = patch(second, throughJson(diff(replaced, removed)))

      expect(JSON.stringify(first)).toBe(JSON.stringify(added))
      expect(JSON.stringify(second)).toBe(JSON.stringify(replaced))
      expect(JSON.stringify(third)).toBe(JSON.stringify(removed))
    },
  )
})

describe('diff', () => {
  test('returns no edits for equal rulesets of different objects', () => {
    fc.assert(
      fc.property(rulesets, (one) => {
        const { flags, segments } = diff(one, throughJson({ ...one, version: one.version + 1 }))
        expect({ flags, segments }).toEqual({ flags: {}, segments: {} })
      }),
    )
  })

  test('does not compare items that are the same object', () => {
    const sealed = new Proxy(flag, {
      ownKeys: () => {
        throw new Error('was looked into')
      },
    })

    expect(diff(ruleset({ f: sealed }), ruleset({ f: sealed }, 2)).flags).toEqual({})
  })

  test('returns a flag whose members only change their order, because its bytes change', () => {
    const turned = { ...flag, variants: { on: { b: 2, a: 1 }, off: null } }

    expect(diff(ruleset({ f: flag }), ruleset({ f: turned }, 2)).flags).toEqual({ f: turned })
  })
})

describe('patch', () => {
  const base = ruleset({ f: flag, g: flag }, 7)
  const change = { epoch: 'e1', from: 7, to: 8, flags: { g: null }, segments: {} }

  test('keeps unnamed items as the same objects', () => {
    const next = patch(base, change)

    expect(next).toEqual(ruleset({ f: flag }, 8))
    expect(next.flags.f).toBe(base.flags.f)
    expect(next.segments).toBe(base.segments)
    expect(base.flags.g).toBe(flag)
  })

  test.for([
    ['of another epoch', { ...change, epoch: 'e2' }],
    ['from a later version', { ...change, from: 8 }],
    ['from an earlier version', { ...change, from: 6 }],
  ] as const)('refuses a patch %s', ([, unfit]) => {
    expect(() => patch(base, unfit)).toThrow(
      expect.objectContaining({ code: 'PATCH_MISMATCH', status: 409 }),
    )
  })
})
