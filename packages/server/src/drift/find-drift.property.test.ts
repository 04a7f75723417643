import { BUCKETS, evaluate, type FlagConfiguration, prepare, type Serve } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { edited, furnished, layer, newFlag } from '../../../../test-support/project.ts'
import { findDrift } from './find-drift.ts'

const FLAG = 'checkout'
const SCOPES = ['production', 'production/acme', 'production/globex', 'staging', 'staging/acme']
const VARIANTS = ['on', 'off', 'other']
const SHARES = [0, 25_000, 50_000, BUCKETS]
const BY = 'targetingKey'

const variants = fc.constantFrom(...VARIANTS)
const plain = variants.map((variant) => ({ variant }))
const salts = fc.constantFrom('one', 'two')
const split = fc.tuple(fc.constantFrom(25_000, 50_000), salts).map(([share, salt]) => ({
  split: {
    by: BY,
    salt,
    ranges: [
      [0, share, 'on'],
      [share, BUCKETS, 'off'],
    ] satisfies [number, number, string][],
  },
}))
const serves = fc.oneof({ weight: 3, arbitrary: plain }, split)

const CLAUSES = Object.entries({ plan: 'pro', instance: 'acme', country: 'de' }).map(
  ([attribute, value]) => ({ attribute, op: 'in' as const, values: [value] }),
)
/** Some of the rules in a fixed order: the order of two rules need not have an effect. */
const rules = fc
  .tuple(...CLAUSES.map(() => fc.option(serves, { freq: 2, nil: undefined })))
  .map((chosen) =>
    chosen.flatMap((serve, i) => (serve ? { id: `r${i}`, when: [[CLAUSES[i]!]], serve } : [])),
  )

const rollout = fc.record({
  by: fc.constant(BY),
  salt: salts,
  share: fc.constantFrom(...SHARES),
  serve: serves,
})
const kill = fc.constant({ at: '2026-11-27T00:00:00Z', by: 'ada', reason: '' })
const layers = fc.record(
  {
    on: fc.constantFrom(true, true, false),
    off: variants,
    rules,
    rollout: fc.option(rollout),
    fallthrough: serves,
    killed: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, kill),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Layer>

const USERS = Array.from({ length: 60 }, (_, i) => `user-${i}`)
const CONTEXTS = USERS.flatMap((targetingKey) =>
  [{}, { plan: 'pro' }, { country: 'de' }, { plan: 'pro', country: 'de' }].flatMap((attributes) =>
    [{}, { instance: 'acme' }].map((place) => ({ targetingKey, ...attributes, ...place })),
  ),
)

/** Returns a configuration with the same salts for all scopes, so that only settings differ. */
function withEqualSalts<C extends FlagConfiguration>(configuration: C): C {
  const { rules = [], rollout, fallthrough } = configuration
  const salted = (serve: Serve): Serve =>
    'variant' in serve ? serve : { split: { ...serve.split, salt: 'split' } }
  return {
    ...configuration,
    rules: rules.map((rule) => ({ ...rule, serve: salted(rule.serve) })),
    ...(rollout && { rollout: { ...rollout, salt: 'rollout', serve: salted(rollout.serve) } }),
    fallthrough: salted(fallthrough),
  }
}

/** Returns the variant of each context in a scope. */
function servedIn(state: ProjectState, scope: string): readonly (string | undefined)[] {
  const ruleset = compile(state, { scope, audience: 'server', epoch: 'e1' })
  const { instances: _, ...flag } = ruleset.flags[FLAG]!
  const prepared = prepare({ ...ruleset, flags: { [FLAG]: withEqualSalts(flag) } })
  return CONTEXTS.map((context) => evaluate(prepared, FLAG, context, 'mine').variant)
}

test('lists a flag exactly if two scopes evaluate it differently by configuration', async () => {
  const variantList = VARIANTS.map((key) => ({ key, value: key }))
  const created = newFlag(FLAG, { type: 'string', variants: variantList }, { on: true })
  const all = fc.tuple(
    ...['*', ...SCOPES].map(() => fc.option(layers, { freq: 3, nil: undefined })),
  )
  await fc.assert(
    fc.asyncProperty(all, async ([base = {}, ...own]) => {
      const edits = own.flatMap((one, i) => (one ? layer(FLAG, SCOPES[i]!, one) : []))
      const state = edited(furnished(), ...created, layer(FLAG, '*', base), ...edits)
      const served = SCOPES.map((scope) => servedIn(state, scope).join())

      const [found] = await findDrift(state, { scopes: SCOPES, matches: () => true, now: 0 })

      expect(found !== undefined).toBe(new Set(served).size > 1)
      const numbers = SCOPES.map(
        (_, i) => found?.differs.find(({ position }) => position === i)?.configuration ?? 0,
      )
      for (const [i, one] of served.entries())
        for (const [j, other] of served.entries())
          expect(numbers[i] === numbers[j]).toBe(one === other)
    }),
    { numRuns: 200 },
  )
})
