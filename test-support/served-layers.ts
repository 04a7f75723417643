/** A flag with random layers, and the variants that it serves in each scope. */

import {
  BUCKETS,
  evaluate,
  type FlagConfiguration,
  prepare,
  type Serve,
} from '../packages/core/src/index.ts'
import { compile, type ProjectState } from '../packages/core/src/model/index.ts'
import type { Layer } from '../packages/core/src/schema/index.ts'
import { fc } from './fast-check.ts'
import { edit, edited, furnished, layer, newFlag } from './project.ts'

export const FLAG = 'checkout'
export const SCOPES = [
  'production',
  'production/acme',
  'production/globex',
  'staging',
  'staging/acme',
]
const VARIANTS = ['on', 'off', 'other']
const SHARES = [0, 25_000, 50_000, BUCKETS]
const BY = 'targetingKey'

const USERS = Array.from({ length: 60 }, (_, i) => `user-${i}`)
/** Most users are members. */
const SEGMENT = 'staff'

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
  segments: fc.constantFrom(undefined, undefined, [], [SEGMENT]),
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

const CREATED = newFlag(
  FLAG,
  { type: 'string', variants: VARIANTS.map((key) => ({ key, value: key })) },
  { on: true },
)

const FURNISHED = edited(
  furnished(),
  edit('segment', SEGMENT, { key: SEGMENT, include: USERS.slice(20), exclude: [], when: [] }),
)

/** States in which the flag has layers with any members. A rule can read the instance. */
export const states: fc.Arbitrary<ProjectState> = fc
  .tuple(...['*', ...SCOPES].map(() => fc.option(layers, { freq: 3, nil: undefined })))
  .map(([base = {}, ...own]) => {
    const edits = own.flatMap((one, i) => (one ? layer(FLAG, SCOPES[i]!, one) : []))
    return edited(FURNISHED, ...CREATED, layer(FLAG, '*', base), ...edits)
  })

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

/** Returns the variants of many contexts in a scope, as if all shares had the same salts. */
export function servedIn(state: ProjectState, scope: string): string {
  const ruleset = compile(state, { scope, audience: 'server', epoch: 'e1' })
  const { instances: _, ...flag } = ruleset.flags[FLAG]!
  const prepared = prepare({ ...ruleset, flags: { [FLAG]: withEqualSalts(flag) } })
  return CONTEXTS.map((context) => evaluate(prepared, FLAG, context, 'mine').variant).join()
}
