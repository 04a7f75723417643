import { describe, expect, test } from 'vitest'
import {
  AUDIENCES,
  histories,
  SCOPES,
  validHistories,
} from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  definition,
  edit,
  edited,
  furnished,
  INSTANCES,
  layer,
  newFlag,
} from '../../../../test-support/project.ts'
import type { FlagConfiguration, Ruleset, RulesetSegment } from '../ruleset/wire.ts'
import type { Edit, FlagDefinition, Layer } from '../schema/index.ts'
import { buildScope, environmentOf, instanceOf } from '../scope.ts'
import { applyAll } from './apply.ts'
import { compile } from './compile/compile.ts'
import { segmentsOf } from './compile/compile-flag.ts'
import { isRetired } from './instance-revisions.ts'
import { tagOf, tagsNamedBy } from './instance-tags.ts'
import { resolveLayers } from './layers.ts'
import { type Audience, EMPTY_STATE, type ProjectState } from './state.ts'

const compiled = (state: ProjectState, scope: string, audience: Audience = 'server') =>
  compile(state, { scope, audience, epoch: 'e1' })

/** The configuration for a context of an instance. */
function servedBy({ flags }: Ruleset, key: string, instance = ''): FlagConfiguration | undefined {
  const flag = Object.hasOwn(flags, key) ? flags[key]! : undefined
  const { instances = {} } = flag ?? {}
  return Object.hasOwn(instances, instance) ? instances[instance] : flag
}

/** All members of a flag that evaluation reads in one place, as text. */
function readFrom(ruleset: Ruleset, key: string, instance?: string): string | undefined {
  const configuration = servedBy(ruleset, key, instance)
  if (configuration === undefined) return undefined
  const { type, variants, prerequisites } = ruleset.flags[key]!
  const { on, off, killed, rules, rollout, fallthrough } = configuration
  const read = { on, off, killed, rules, rollout, fallthrough }
  const named = segmentsOf({ ...ruleset.flags[key]!, instances: {}, rules, rollout })
  const segments = Object.fromEntries(
    named.map((name): [string, RulesetSegment | undefined] => [name, ruleset.segments[name]]),
  )
  return JSON.stringify({ type, variants, prerequisites, read, segments })
}

/** Checks that nothing of an instance has changed that a flag depends on in a scope. */
function isSameInstance(
  [before, after]: readonly [ProjectState, ProjectState],
  key: string,
  scope: string,
): boolean {
  const [one, other] = [before, after].map((state) => {
    const { rules, on } = resolveLayers(state.flags.get(key)!, scope).configuration
    const instance = state.instances.get(instanceOf(scope) ?? '')
    const tags = tagsNamedBy(rules).map((name) => tagOf(instance?.tags ?? {}, name))
    const hasRevisions = before.instanceRevisions.has(instanceOf(scope) ?? '')
    const isThere = hasRevisions && instance !== undefined
    return JSON.stringify([tags, on && [isRetired(instance), isThere]])
  })
  return one === other
}

/**
 * The places of a ruleset where a flag can have its own configuration. A deleted instance has none:
 * its environment serves it as it serves any unknown instance.
 */
const placesOf = (scope: string, { instances }: ProjectState): (string | undefined)[] =>
  instanceOf(scope) === undefined ? [undefined, ...instances.keys()] : [undefined]

describe('a revision, for any changes', () => {
  test.for([
    ['any', histories],
    ['valid', validHistories],
  ] as const)('is new exactly where %s changes affect evaluation', ([, of]) => {
    fc.assert(
      fc.property(of, fc.constantFrom(...SCOPES), ({ states }, scope) => {
        const rulesets = states.map((state) => compiled(state, scope))
        // In the scope of an instance, clauses on `instance` are resolved, and have no revisions.
        const environment = environmentOf(scope)!
        const wide = states.map((state) => compiled(state, environment))
        for (const [i, ruleset] of rulesets.entries()) {
          const before = rulesets[i - 1]
          for (const key of Object.keys(ruleset.flags))
            for (const place of placesOf(scope, states[i]!)) {
              const { revision } = servedBy(ruleset, key, place)!
              const instance = place ?? instanceOf(scope)
              const isKept =
                before &&
                readFrom(wide[i - 1]!, key, instance) === readFrom(wide[i]!, key, instance) &&
                isSameInstance(
                  [states[i - 1]!, states[i]!],
                  key,
                  place === undefined ? scope : buildScope(scope, place),
                )
              const expected = isKept ? servedBy(before, key, place)!.revision : ruleset.version
              // The environment lists a killed instance without its rules, which start one too.
              const isShort = servedBy(wide[i]!, key, instance)?.killed && instance !== undefined
              expect(isShort ? [expected, ruleset.version] : [expected]).toContain(revision)
            }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is the same for an instance and for its environment with that instance', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...INSTANCES), ({ states }, instance) => {
        const state = states.at(-1)!
        fc.pre(state.instances.has(instance))
        const wide = compiled(state, 'production')
        const own = compiled(state, `production/${instance}`)
        for (const key of Object.keys(own.flags))
          expect(servedBy(wide, key, instance)!.revision).toBe(own.flags[key]!.revision)
      }),
    )
  })

  test('is the same for every audience', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...SCOPES), ({ states }, scope) => {
        const [server, client] = AUDIENCES.map((one) => compiled(states.at(-1)!, scope, one))
        for (const [key, { revision }] of Object.entries(client!.flags))
          expect(revision).toBe(server!.flags[key]!.revision)
      }),
    )
  })

  test('is the same however a log is replayed', () => {
    fc.assert(
      fc.property(histories, ({ changes, states }) => {
        const { flagRevisions, segmentRevisions } = applyAll(EMPTY_STATE, changes)
        expect(flagRevisions).toEqual(states.at(-1)!.flagRevisions)
        expect(segmentRevisions).toEqual(states.at(-1)!.segmentRevisions)
      }),
    )
  })
})

const rollout = (share: number): Layer => ({
  rollout: { by: 'targetingKey', salt: 's', share, serve: { variant: 'on' } },
})
const rules: Layer['rules'] = [
  {
    id: 'r1',
    when: [[{ attribute: 'targetingKey', op: 'segment', values: ['staff'] }]],
    serve: { variant: 'on' },
  },
]
const onPlan = { attribute: 'plan', op: 'in' as const, values: ['pro'] }
const planRules = (parts: object = {}) => [
  { id: 'r1', when: [[{ ...onPlan, ...parts }]], serve: { variant: 'on' } },
]
const start = edited(
  furnished(),
  ...newFlag('planned', {}, { ...BASE, rules: planRules() }),
  ...newFlag('f'),
  ...newFlag('ruled', {}, { ...BASE, rules }),
  layer('f', 'production/globex', { fallthrough: { variant: 'off' } }),
)
const revisionOf = (state: ProjectState, scope: string, flag = 'f') =>
  compiled(state, scope).flags[flag]!.revision
const redefined = (parts: Partial<FlagDefinition>) => edit('flag', 'f', definition('f', parts))

describe('a revision', () => {
  test('is new each time that a share returns', () => {
    let state = start
    const revisions = [25_000, 50_000, 25_000].map((share) => {
      state = edited(state, layer('f', 'production', rollout(share)))
      return revisionOf(state, 'production/acme')
    })
    expect(revisions).toEqual([3, 4, 5])
  })

  test('is new for a kill and for its end, everywhere in its scope', () => {
    const killed = { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }
    const dead = edited(start, layer('f', 'production', { killed }))
    const alive = edited(dead, layer('f', 'production', {}))
    for (const scope of ['production', 'production/acme', 'production/globex'])
      expect([start, dead, alive].map((state) => revisionOf(state, scope))).toEqual([2, 3, 4])
    expect(revisionOf(alive, 'staging')).toBe(2)
  })

  test("of an instance continues when the instance drops a value equal to its environment's", () => {
    const alone = edited(start, layer('f', 'production/acme', { on: true }))
    const moved = edited(alone, layer('f', 'production', rollout(1)))
    const shared = edited(moved, layer('f', 'production/acme', null))
    expect([alone, moved, shared].map((one) => revisionOf(one, 'production/acme'))).toEqual([
      2, 4, 4,
    ])
  })

  test('of an instance stays while its environment changes only overridden members', () => {
    const away = edited(start, layer('f', 'production', { fallthrough: { variant: 'off' } }))
    const { instances } = compiled(away, 'production').flags.f!
    expect(instances).toEqual({
      globex: { on: true, off: 'off', fallthrough: { variant: 'off' }, revision: 2 },
    })
  })

  test.for<[string, Edit]>([
    ['a description', redefined({ description: 'new' })],
    ['an owner', redefined({ owner: 'ada' })],
    ['tags', redefined({ tags: { team: 'web' } })],
    ['the description of a variant', describedVariants()],
    ['a note', layer('f', '*', { ...BASE, note: { reason: 'trial' } })],
    ['hashing', layer('planned', '*', { ...BASE, rules: planRules({ hashed: true }) })],
    ['the name of a rule', layer('ruled', '*', { ...BASE, rules: [{ ...rules[0]!, name: 'Us' }] })],
    ['what is inherited already', layer('f', 'production', { on: true, rules: [] })],
    ['the layer of another instance', layer('f', 'production/globex', { on: false })],
    ['the layer of another environment', layer('f', 'staging', { on: false })],
    ['another flag', layer('ruled', 'production', { on: false })],
    ['the name of a segment', edit('segment', 'staff', segment({ name: 'Staff' }))],
    [
      'a segment that it does not name',
      edit('segment', '7', { ...segment(), key: '7', include: [] }),
    ],
  ])('is kept by an edit of %s', ([, change]) => {
    const next = edited(start, change)
    expect(revisionOf(next, 'production/acme')).toBe(2)
    for (const flag of ['ruled', 'planned'])
      expect(revisionOf(edited(start, change), 'staging/acme', flag)).toBe(2)
  })

  test('is new when the members of a named segment change', () => {
    const next = edited(start, edit('segment', 'staff', segment({ include: ['bob'] })))
    const later = edited(next, layer('ruled', '*', BASE))
    expect([start, next, later].map((one) => revisionOf(one, 'production', 'ruled'))).toEqual([
      2, 3, 4,
    ])
    expect(revisionOf(later, 'production')).toBe(2)
  })

  test('is not new for an edit that another edit of the same change reverts', () => {
    const set = edited(start, layer('f', 'production', { on: false }))
    const moved = edited(
      set,
      layer('f', 'production', {}),
      layer('f', 'production/acme', { on: false }),
    )
    expect(revisionOf(moved, 'production/acme')).toBe(3)
    expect(revisionOf(moved, 'production')).toBe(4)
  })
})

function segment(parts: { name?: string; include?: string[] } = {}) {
  return { key: 'staff', include: ['ada'], exclude: [], when: [], ...parts }
}

function describedVariants(): Edit {
  const [first, second] = definition('f').variants
  return redefined({ variants: [{ ...first!, description: 'The new one.' }, second!] })
}
