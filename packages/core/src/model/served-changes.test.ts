import { describe, expect, test } from 'vitest'
import { SCOPES as EVERY_SCOPE, validHistories } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  definition,
  ENVIRONMENTS,
  edit,
  edited,
  furnished,
  INSTANCES,
  layer,
  newFlag,
} from '../../../../test-support/project.ts'
import type { Edit } from '../schema/index.ts'
import { isWithin } from '../scope.ts'
import { compile } from './compile/compile.ts'
import { affectedFlags, affectedScopes } from './served-changes.ts'
import type { ProjectState } from './state.ts'

const rules = [
  {
    id: 'r1',
    when: [[{ attribute: 'targetingKey', op: 'segment' as const, values: ['staff'] }]],
    serve: { variant: 'on' },
  },
]
const start = edited(
  furnished(),
  ...newFlag('f'),
  ...newFlag('ruled', {}, { ...BASE, rules }),
  layer('f', 'production/acme', { on: false }),
)
const acme = start.instances.get('acme')!
const off = { ...BASE, on: false }

const SCOPES = ['production', 'production/acme', 'staging'] as const

describe('affectedFlags', () => {
  test.for<[string, readonly Edit[], Record<(typeof SCOPES)[number], string[]>]>([
    [
      'a layer of an environment, except where an instance overrides it',
      [layer('f', 'production', { on: false })],
      { production: ['f'], 'production/acme': [], staging: [] },
    ],
    [
      "an instance's own layer, also seen from its environment",
      [layer('f', 'production/acme', null)],
      { production: ['f'], 'production/acme': ['f'], staging: [] },
    ],
    [
      'the layer of every scope',
      [layer('ruled', '*', off)],
      { production: ['ruled'], 'production/acme': ['ruled'], staging: ['ruled'] },
    ],
    [
      'a segment that a rule names',
      [edit('segment', 'staff', { key: 'staff', include: [], exclude: [], when: [] })],
      { production: ['ruled'], 'production/acme': ['ruled'], staging: ['ruled'] },
    ],
    [
      'a flag that becomes visible to browsers',
      [edit('flag', 'f', definition('f', { clientVisible: true }))],
      { production: ['f'], 'production/acme': ['f'], staging: ['f'] },
    ],
    [
      'the retirement of an instance',
      [edit('instance', 'acme', { ...acme, status: 'retired' })],
      { production: ['ruled'], 'production/acme': ['ruled'], staging: ['f', 'ruled'] },
    ],
    [
      'a new flag that is on',
      newFlag('new'),
      { production: ['new'], 'production/acme': ['new'], staging: ['new'] },
    ],
    [
      'a new flag that is off',
      newFlag('new', {}, off),
      { production: [], 'production/acme': [], staging: [] },
    ],
    [
      'a description and a pause',
      [
        edit('flag', 'f', definition('f', { description: 'new' })),
        edit('instance', 'acme', { ...acme, status: 'paused' }),
      ],
      { production: [], 'production/acme': [], staging: [] },
    ],
  ])('finds %s', ([, edits, expected]) => {
    const after = edited(start, ...edits)
    const found = Object.fromEntries(
      SCOPES.map((scope) => [scope, affectedFlags(start, after, scope)]),
    )
    expect(found).toEqual(expected)
  })

  test('finds every known flag that a ruleset of the scope serves differently', () => {
    const found = { affected: 0, unaffected: 0 }
    const scopes = fc.constantFrom(...ENVIRONMENTS, ...EVERY_SCOPE)
    const servedBy = (state: ProjectState, scope: string, key: string) =>
      JSON.stringify(compile(state, { scope, audience: 'server', epoch: 'e1' }).flags[key])
    fc.assert(
      fc.property(validHistories, scopes, ({ states }, scope) => {
        for (const [i, after] of states.slice(1).entries()) {
          const before = states[i]!
          const affected = affectedFlags(before, after, scope)
          const known = [...before.flags.keys()]
          const changed = known.filter(
            (key) => servedBy(before, scope, key) !== servedBy(after, scope, key),
          )
          expect(affected).toEqual(expect.arrayContaining(changed))
          found.affected += changed.length
          found.unaffected += known.filter((key) => !affected.includes(key)).length
        }
      }),
    )
    expect(Math.min(found.affected, found.unaffected)).toBeGreaterThan(30)
  })
})

describe('affectedScopes', () => {
  const all = ENVIRONMENTS.flatMap((environment) => [
    environment,
    ...INSTANCES.map((instance) => `${environment}/${instance}`),
  ])

  test('tells an environment itself from its instances', () => {
    const after = edited(start, layer('f', 'production/acme', null))
    expect([...affectedScopes(start, after, all)]).toEqual([['production/acme', 'f']])
    const wide = edited(start, layer('f', 'production', { on: false }))
    expect([...affectedScopes(start, wide, all)]).toEqual([
      ['production', 'f'],
      ['production/globex', 'f'],
      ['production/10', 'f'],
    ])
  })

  test('finds the scopes in which affectedFlags finds a flag', () => {
    const found = { affected: 0, unaffected: 0 }
    fc.assert(
      fc.property(validHistories, ({ states }) => {
        for (const [i, after] of states.slice(1).entries()) {
          const before = states[i]!
          const scopes = [...affectedScopes(before, after, all).keys()]
          const isAffected = (scope: string) => affectedFlags(before, after, scope).length > 0
          // An environment counts there if an instance within it does.
          const expected = all.filter(isAffected)
          const widened = all.filter((scope) => scopes.some((one) => isWithin(one, scope)))
          expect(widened).toEqual(expected)
          found.affected += scopes.length
          found.unaffected += all.length - scopes.length
        }
      }),
    )
    expect(Math.min(found.affected, found.unaffected)).toBeGreaterThan(30)
  })
})
