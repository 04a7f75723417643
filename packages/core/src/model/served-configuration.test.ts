import { describe, expect, test } from 'vitest'
import {
  BASE,
  ENVIRONMENTS,
  edit,
  edited,
  furnished,
  layer,
  newFlag,
} from '../../../../test-support/project.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { prepare } from '../evaluate/prepare.ts'
import { LIMITS } from '../limits.ts'
import type { Clause as ClauseSchema, Instance } from '../schema/index.ts'
import { compile } from './compile/compile.ts'
import type { ProjectState } from './state.ts'

type Clause = ReturnType<typeof ClauseSchema.parse>

const instance = (key: string, parts: Partial<Instance> = {}) =>
  edit('instance', key, {
    key,
    name: key,
    tags: {},
    timeZone: 'UTC',
    owner: '',
    status: 'active',
    ...parts,
  })

const compiled = (state: ProjectState, scope: string) =>
  compile(state, { scope, audience: 'server', epoch: 'e1' })

/** The variant of the flag `f` for a context, in the ruleset of a scope. */
function served(state: ProjectState, scope: string, context: Record<string, unknown> = {}) {
  return evaluate(prepare(compiled(state, scope)), 'f', context, false).variant
}

/** A flag that is on where all clauses match; `acme` is in the EU, `globex` in the US. */
function ruled(...when: Clause[][]): ProjectState {
  const rules = [{ id: 'r', when, serve: { variant: 'on' } }]
  return edited(
    furnished(),
    instance('acme', { tags: { region: 'eu', tier: 'pilot' } }),
    instance('globex', { tags: { region: 'us' } }),
    ...newFlag('f', {}, { ...BASE, fallthrough: { variant: 'off' }, rules }),
  )
}

const region = (...values: string[]): Clause => ({
  attribute: 'instance.tags.region',
  op: 'in',
  values,
})
const pro: Clause = { attribute: 'plan', op: 'in', values: ['pro'] }

describe('a clause on a tag', () => {
  test('matches the instances with the tag, in their rulesets and in that of their environment', () => {
    const state = ruled([region('eu')])
    const seen = ['acme', 'globex', '10', 'unknown'].map((key) => [
      served(state, 'production', { instance: key }),
      key === 'unknown' ? 'off' : served(state, `production/${key}`),
    ])
    expect(seen).toEqual([
      ['on', 'on'],
      ['off', 'off'],
      ['off', 'off'],
      ['off', 'off'],
    ])
  })

  test('combines with clauses on the context', () => {
    const state = ruled([region('eu'), pro])
    expect(served(state, 'production/acme', { plan: 'pro' })).toBe('on')
    expect(served(state, 'production/acme', { plan: 'free' })).toBe('off')
    expect(served(state, 'production/globex', { plan: 'pro' })).toBe('off')
  })

  test('is one alternative of a rule', () => {
    const state = ruled([region('eu')], [pro])
    expect(served(state, 'production/acme')).toBe('on')
    expect(served(state, 'production/globex', { plan: 'pro' })).toBe('on')
    expect(served(state, 'production/globex')).toBe('off')
  })

  test('matches a missing tag with `negate`', () => {
    const state = ruled([{ ...region('eu'), negate: true }])
    expect(served(state, 'production/10')).toBe('on')
    expect(served(state, 'production')).toBe('on')
    expect(served(state, 'production/acme')).toBe('off')
  })

  test('cannot be met by a context that claims the tag', () => {
    const state = ruled([region('eu')])
    const claim = { 'instance.tags.region': 'eu', instance: { tags: { region: 'eu' } } }
    expect(served(state, 'production/globex', claim)).toBe('off')
    expect(served(state, 'production', claim)).toBe('off')
  })

  test('never reaches a ruleset, and neither do the tags', () => {
    const state = ruled([region('eu'), pro], [{ ...region('us'), op: 'startsWith' }])
    for (const scope of ['production', 'production/acme', 'production/globex'])
      expect(JSON.stringify(compiled(state, scope))).not.toMatch(/tags|"eu"|"us"|pilot/)
  })

  test('starts a new revision where a tag that it reads changes', () => {
    const state = ruled([region('eu')])
    const moved = edited(state, instance('globex', { tags: { region: 'eu' } }))
    const retagged = edited(moved, instance('acme', { tags: { region: 'eu', tier: 'gold' } }))
    const revisions = ['acme', 'globex'].map(
      (key) => compiled(retagged, `production/${key}`).flags.f!.revision,
    )
    expect(revisions).toEqual([2, 3])
  })
})

describe('a clause on `instance`', () => {
  const named = (op: Clause['op'], ...values: Clause['values']): Clause => ({
    attribute: 'instance',
    op,
    values,
  })
  const inSegment: Clause = { attribute: 'targetingKey', op: 'segment', values: ['customers'] }
  const withSegment = (...when: Clause[][]) =>
    edited(
      ruled([inSegment]),
      edit('segment', 'customers', {
        key: 'customers',
        name: 'Customers',
        include: [],
        exclude: [],
        when,
      }),
    )

  test.for<readonly [Clause, string, string]>([
    [named('in', 'globex'), 'off', 'on'],
    [named('in', 'acme', 'globex'), 'on', 'on'],
    [{ ...named('in', 'GLOBEX'), ignoreCase: true }, 'off', 'on'],
    [{ ...named('in', 'globex'), hashed: true }, 'off', 'on'],
    [{ ...named('in', 'globex'), negate: true }, 'on', 'off'],
    [named('startsWith', 'glob'), 'off', 'on'],
    [named('endsWith', 'obex'), 'off', 'on'],
    [named('contains', 'lobe'), 'off', 'on'],
    [named('matches', 'glob*'), 'off', 'on'],
    [named('exists'), 'on', 'on'],
  ])('is resolved in rulesets of instances: %o', ([clause, inAcme, inGlobex]) => {
    for (const state of [ruled([clause]), withSegment([clause])]) {
      for (const [key, variant] of [
        ['acme', inAcme],
        ['globex', inGlobex],
      ] as const) {
        expect(served(state, `production/${key}`, { instance: 'other' })).toBe(variant)
        expect(served(state, 'production', { instance: key })).toBe(variant)
      }
      for (const audience of ['server', 'client'] as const) {
        const ruleset = compile(state, { scope: 'production/acme', audience, epoch: 'e1' })
        expect(JSON.stringify(ruleset)).not.toMatch(/glob|obex|lobe/i)
      }
    }
  })

  test('combines with other clauses', () => {
    const state = ruled([named('in', 'globex'), pro], [named('in', 'acme'), region('us')])
    expect(served(state, 'production/globex', { plan: 'pro' })).toBe('on')
    expect(served(state, 'production/globex', { plan: 'free' })).toBe('off')
    expect(served(state, 'production/acme', { plan: 'pro' })).toBe('off')
  })

  test('stays in the ruleset of an environment, beside the configuration of an instance too', () => {
    const state = edited(
      ruled([named('in', 'globex')]),
      layer('f', 'production/acme', { fallthrough: { variant: 'on' } }),
    )
    const { rules, instances } = compiled(state, 'production').flags.f!
    expect([rules, instances!.acme!.rules].map((one) => one![0]!.when)).toEqual([
      [[named('in', 'globex')]],
      [[named('in', 'globex')]],
    ])
  })

  test('has the same revision in both rulesets', () => {
    const state = edited(
      ruled([named('in', 'globex'), { ...inSegment, values: ['staff'] }]),
      edit('segment', 'staff', {
        key: 'staff',
        name: 'Staff',
        include: ['cy'],
        exclude: [],
        when: [],
      }),
    )
    const revisions = ['production', 'production/acme', 'production/globex'].map(
      (scope) => compiled(state, scope).flags.f!.revision,
    )
    expect(new Set(revisions).size).toBe(1)
  })
})

test('a rule that names segments 200,000 times compiles', () => {
  const staff: Clause = {
    attribute: 'targetingKey',
    op: 'segment',
    values: new Array(LIMITS.valuesPerClause).fill('staff'),
  }
  const state = ruled(new Array<Clause>(20).fill(staff))

  expect(compiled(state, 'production').flags.f).toMatchObject({ on: true })
})

describe('a rule without clauses', () => {
  test('matches every context, in every ruleset', () => {
    const state = ruled()
    for (const scope of ['production', 'production/acme'])
      for (const context of [{}, { targetingKey: 'ada' }, { instance: 'acme' }])
        expect(served(state, scope, context)).toBe('on')
  })

  test('matches no context once its clauses are lost', () => {
    const { flags, ...ruleset } = compiled(ruled([pro]), 'production')
    const rules = flags.f!.rules!.map((rule) => ({ ...rule, when: [] }))
    const emptied = { ...ruleset, flags: { f: { ...flags.f!, rules } } }

    expect(evaluate(prepare(emptied), 'f', { plan: 'pro' }, false).variant).toBe('off')
    // A tag that excludes the only group drops the rule; it does not leave a rule for everybody.
    expect(served(ruled([region('eu')]), 'production/globex', { plan: 'pro' })).toBe('off')
  })
})

describe('a retired instance', () => {
  const on = edited(furnished(), ...newFlag('f'))
  const retired = edited(on, instance('acme', { status: 'retired' }))

  test('serves the off variant, in every environment', () => {
    for (const stage of ENVIRONMENTS) {
      expect(served(retired, `${stage}/acme`)).toBe('off')
      expect(served(retired, stage, { instance: 'acme' })).toBe('off')
      expect(served(retired, stage, { instance: 'globex' })).toBe('on')
      expect(served(retired, stage)).toBe('on')
    }
  })

  test('serves the off variant also where its own layer turns the flag on', () => {
    const state = edited(retired, layer('f', 'production/acme', { on: true }))
    expect(served(state, 'production/acme')).toBe('off')
  })

  test('starts new revisions when it is retired and when it returns', () => {
    const back = edited(retired, instance('acme'))
    const revisions = [on, retired, back].map(
      (state) => compiled(state, 'production/acme').flags.f!.revision,
    )
    expect(revisions).toEqual([2, 3, 4])
    expect(served(back, 'production/acme')).toBe('on')
    expect(compiled(back, 'production/globex').flags.f!.revision).toBe(2)
  })

  test('leaves the rulesets as they are when it is only paused', () => {
    const paused = edited(on, instance('acme', { status: 'paused' }))
    expect(compiled(paused, 'production/acme').flags).toEqual(compiled(on, 'production/acme').flags)
  })
})
