import { describe, expect, test } from 'vitest'
import {
  contexts,
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
  layer,
  newFlag,
} from '../../../../test-support/project.ts'
import { resolutionOf } from '../evaluate/evaluate.ts'
import { prepare } from '../evaluate/prepare.ts'
import type { EvaluationContext } from '../evaluate/resolution.ts'
import type { Split } from '../ruleset/wire.ts'
import type { Edit, Flag, Layer } from '../schema/index.ts'
import { buildScope, instanceOf } from '../scope.ts'
import {
  type Allocation,
  allocationOf,
  allocationsOfAttempt,
  MAX_ALLOCATIONS,
} from './allocations.ts'
import { applyAll } from './apply.ts'
import { compile } from './compile/compile.ts'
import { resolveLayers } from './layers.ts'
import { EMPTY_STATE, type ProjectState } from './state.ts'

type Kind = 'arms' | 'splits'

/** Members of a flag by which chance decides in a scope, and their salts; undefined for none. */
function drawnIn(flag: Flag | undefined, scope: string, kind: Kind) {
  if (flag === undefined) return undefined
  const { rollout, rules = [], fallthrough } = resolveLayers(flag, scope).configuration
  const values = flag.variants.map(({ key, value }) => [key, value])
  const shared = [flag.type, values, flag.prerequisites]
  if (kind === 'arms') {
    if (rollout === undefined) return undefined
    const { by, salt, share, serve } = rollout
    return read([shared, by, salt, share, serve, fallthrough], [[by, salt]])
  }
  const splits: [string, Split][] = rules.flatMap(({ id, serve }) =>
    'split' in serve ? [[id, serve.split]] : [],
  )
  if (rollout?.segments?.length && 'split' in rollout.serve)
    splits.push(['of the rollout', rollout.serve.split])
  if ('split' in fallthrough) {
    const { by } = fallthrough.split
    const isBehindArms =
      rollout?.by === by && !('split' in rollout.serve && rollout.serve.split.by !== by)
    if (!isBehindArms) splits.push(['of the fallthrough', fallthrough.split])
  }
  if (splits.length === 0) return undefined
  const salts = new Set(splits.map(([, { by, salt }]) => JSON.stringify([by, salt])))
  return read([shared, splits], [...salts].sort())
}

function read(served: unknown, salts: unknown) {
  return { served: canonical(served), salts: canonical(salts) }
}

/** JSON with sorted members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/** The allocations of a flag in a scope, recomputed from all states of a log. */
function recomputed(states: readonly ProjectState[], key: string, scope: string, kind: Kind) {
  let found: (Pick<Allocation, 'start' | 'attempt'> & { salts: string })[] = []
  for (const [i, { flags, version: start }] of states.entries()) {
    const before = drawnIn(states[i - 1]?.flags.get(key), scope, kind)
    const drawn = drawnIn(flags.get(key), scope, kind)
    if (!flags.has(key)) found = []
    if (drawn === undefined || before?.served === drawn.served) continue
    const last = found.at(-1)
    const attempt = last?.salts === drawn.salts ? last.attempt : start
    found.push({ start, attempt, salts: drawn.salts })
  }
  return found
}

describe('an allocation, for any changes', () => {
  test.for([
    ['any', histories],
    ['valid', validHistories],
  ] as const)('is the recomputed one at each revision of %s changes', ([, of]) => {
    fc.assert(
      fc.property(of, fc.constantFrom('*', ...SCOPES), ({ states }, scope) => {
        const state = states.at(-1)!
        for (const flag of state.flags.keys())
          for (const [kind, arm] of [
            ['arms', 'control'],
            ['splits', ''],
          ] as const) {
            const expected = recomputed(states, flag, scope, kind)
            for (const { version: revision } of states) {
              const { start, attempt } =
                expected.findLast((one) => one.start <= revision) ?? ({} as Partial<Allocation>)
              const found = allocationOf(state, { flag, scope, revision, arm })
              expect([found?.start, found?.attempt]).toEqual([start, attempt])
            }
          }
      }),
      { numRuns: 300 },
    )
  })

  test('gives a unit the same arm and variant under all of its revisions', () => {
    let compared = 0
    fc.assert(
      fc.property(
        validHistories,
        fc.constantFrom(...SCOPES),
        contexts,
        (history, scope, context) => {
          const { states } = history
          const last = states.at(-1)!
          const served = new Map<string, string>()
          for (const state of states) {
            const ruleset = compile(state, { scope, audience: 'server', epoch: 'e1' })
            const place = reportedScope(state, scope, context)
            for (const flag of Object.keys(ruleset.flags)) {
              const resolution = resolutionOf(prepare(ruleset), flag, context)!
              const { flagMetadata, variant, reason, parts } = resolution
              const { arm = '', ruleId, reasonDetail } = flagMetadata
              const { rollout } = resolveLayers(state.flags.get(flag)!, place).configuration
              const isDrawn = arm !== '' || (reason === 'SPLIT' && reasonDetail === undefined)
              // The result does not tell the split of segments from that of the fallthrough.
              const isKnown = arm !== '' || ruleId !== undefined || !rollout?.segments?.length
              if (!isDrawn || !isKnown || wasDeleted(states, flag)) continue
              const { revision } = parts
              const allocation = allocationOf(last, { flag, scope: place, revision, arm })
              expect(allocation).toBeDefined()
              const name = `${flag} ${place} ${arm === ''} ${ruleId} ${allocation!.start}`
              if (served.has(name)) compared += 1
              else served.set(name, `${arm} ${variant}`)
              expect(`${arm} ${variant}`).toBe(served.get(name))
            }
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(compared).toBeGreaterThan(100)
  })

  test('is the same however a log is replayed', () => {
    fc.assert(
      fc.property(histories, ({ changes, states }) => {
        expect(applyAll(EMPTY_STATE, changes).flagAllocations).toEqual(
          states.at(-1)!.flagAllocations,
        )
      }),
    )
  })
})

/** The scope that an SDK reports for a context: an environment's SDK names the instance. */
function reportedScope(
  { instances }: ProjectState,
  scope: string,
  { instance }: EvaluationContext,
): string {
  const isKnown = typeof instance === 'string' && instances.has(instance)
  return instanceOf(scope) === undefined && isKnown ? buildScope(scope, instance) : scope
}

/** Checks that a flag was deleted: its last allocations do not cover its earlier life. */
function wasDeleted(states: readonly ProjectState[], flag: string): boolean {
  const first = states.findIndex(({ flags }) => flags.has(flag))
  return states.slice(first).some(({ flags }) => !flags.has(flag))
}

const split = (dark: number, salt = 'ab'): Layer['fallthrough'] => ({
  split: {
    by: 'targetingKey',
    salt,
    ranges: [
      [0, dark, 'on'],
      [dark, 100_000, 'off'],
    ],
  },
})
const rule = (parts: object): NonNullable<Layer['rules']>[number] => ({
  id: 'r1',
  when: [[{ attribute: 'plan', op: 'in', values: ['pro'] }]],
  serve: split(50_000, 'rule')!,
  ...parts,
})
const rollout = (parts: object = {}): NonNullable<Layer['rollout']> => ({
  by: 'targetingKey',
  salt: 's1',
  share: 10_000,
  serve: { variant: 'on' },
  ...parts,
})
const running = (parts: Layer = {}): Layer => ({
  fallthrough: { variant: 'off' },
  rollout: rollout(),
  rules: [rule({})],
  ...parts,
})
const start = edited(
  furnished(),
  ...newFlag('f'),
  layer('f', 'production', running()),
  layer('f', 'staging', { fallthrough: split(50_000) }),
)
const REVISION = start.version
const killed = { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }
const redefined = (parts: Parameters<typeof definition>[1]) =>
  edit('flag', 'f', definition('f', parts))
const production = (parts: Layer) => layer('f', 'production', running(parts))

/** Allocation and attempt of the latest revision, of units in an arm and of units of a split. */
function latest(state: ProjectState, scope: string, revision = state.version) {
  return (['control', ''] as const).map((arm) => {
    const found = allocationOf(state, { flag: 'f', scope, revision, arm })
    return found && [found.start, found.attempt]
  })
}

describe('an allocation', () => {
  test.for<[string, Edit]>([
    ['a kill', production({ killed })],
    ['a flag that is turned off', production({ on: false })],
    ['a rule that serves one variant', production({ rules: [rule({ when: [] })] })],
    ['the name of a rule', production({ rules: [rule({ name: 'Pro' })] })],
    ['the segments of the rollout', production({ rollout: rollout({ segments: ['staff'] }) })],
    ['the step of the rollout', production({ rollout: rollout({ planRun: 'p', step: 2 }) })],
    [
      'a segment',
      edit('segment', 'staff', { key: 'staff', include: ['x'], exclude: [], when: [] }),
    ],
    ['a description', redefined({ description: 'new', tags: { team: 'web' } })],
    ['another environment', layer('f', 'staging', { fallthrough: split(1) })],
    ['an instance', layer('f', 'production/acme', { rollout: rollout({ share: 5 }) })],
  ])('is not started by an edit of %s', ([, change]) => {
    const next = edited(start, change)

    expect(latest(next, 'production')).toEqual([
      [REVISION, REVISION],
      [REVISION, REVISION],
    ])
    const back = edited(next, production({}))
    expect(latest(back, 'production')).toEqual(latest(next, 'production'))
  })

  test.for<[string, Edit, readonly boolean[], readonly boolean[]]>([
    ['its share', production({ rollout: rollout({ share: 20_000 }) }), [true, false], [true, true]],
    ['its salt', production({ rollout: rollout({ salt: 's2' }) }), [true, false], [false, true]],
    ['its unit', production({ rollout: rollout({ by: 'account' }) }), [true, false], [false, true]],
    [
      'its serve',
      production({ rollout: rollout({ serve: split(5) }) }),
      [true, false],
      [true, true],
    ],
    ['its control', production({ fallthrough: { variant: 'on' } }), [true, false], [true, true]],
    [
      'a split of a rule',
      production({ rules: [rule({ serve: split(5, 'rule') })] }),
      [false, true],
      [true, true],
    ],
    [
      'the salt of a split',
      production({ rules: [rule({ serve: split(5) })] }),
      [false, true],
      [true, false],
    ],
    [
      'a second split',
      production({ rules: [rule({}), rule({ id: 'r2' })] }),
      [false, true],
      [true, true],
    ],
    [
      'a second split of another salt',
      production({ rules: [rule({}), rule({ id: 'r2', serve: split(5) })] }),
      [false, true],
      [true, false],
    ],
    [
      'the variants',
      redefined({ variants: definition('f').variants.toReversed() }),
      [true, true],
      [true, true],
    ],
    [
      'the prerequisites',
      redefined({ prerequisites: [{ flag: 'g', variants: ['on'] }] }),
      [true, true],
      [true, true],
    ],
  ])(
    'is started by an edit of %s; an attempt only if other units are drawn',
    ([, change, starts, keeps]) => {
      const next = edited(start, change)

      const expected = starts.map((isNew, i) => [
        isNew ? next.version : REVISION,
        keeps[i] ? REVISION : next.version,
      ])
      expect(latest(next, 'production')).toEqual(expected)
      expect(latest(next, 'production/acme')).toEqual(expected)
      expect(latest(next, 'production', REVISION)).toEqual(latest(start, 'production'))
    },
  )

  test('of an instance is its own only from the change that separates it', () => {
    const alone = edited(start, layer('f', 'production/acme', { rollout: rollout({ share: 7 }) }))
    const grown = edited(alone, production({ rollout: rollout({ share: 50_000 }) }))

    const [arms] = latest(grown, 'production/acme')
    expect(arms).toEqual([alone.version, REVISION])
    expect(latest(grown, 'production/globex')[0]).toEqual([grown.version, REVISION])
    expect(latest(grown, 'production/acme', REVISION)[0]).toEqual([REVISION, REVISION])
  })

  test('is a new one when a rollout returns, in the same attempt if its salt is the same', () => {
    const ended = edited(start, production({ rollout: null }))
    const again = edited(ended, production({}))

    expect(latest(ended, 'production')[0]).toEqual([REVISION, REVISION])
    expect(latest(again, 'production')[0]).toEqual([again.version, REVISION])
    const place = { flag: 'f', scope: 'production', arm: 'treatment' } as const
    const ofAttempt = allocationsOfAttempt(again, { ...place, attempt: REVISION })
    expect(ofAttempt.map(({ start: first }) => first)).toEqual([REVISION, again.version])
    expect(allocationsOfAttempt(again, { ...place, attempt: again.version })).toEqual([])
  })

  test('has the split of a fallthrough only where a unit can reach it without an arm', () => {
    const splits = (parts: Layer) => {
      const state = edited(start, production({ rules: [], fallthrough: split(5), ...parts }))
      const { version: revision } = state
      const allocation = allocationOf(state, { flag: 'f', scope: 'production', revision, arm: '' })
      return allocation?.start === revision ? allocation.draws.splits : undefined
    }

    expect(splits({})).toBeUndefined()
    expect(splits({ rollout: rollout({ by: 'account' }) })).toHaveLength(1)
    expect(splits({ rollout: null })).toHaveLength(1)
    expect(splits({ rollout: null, rules: [rule({})] })).toHaveLength(2)
    const ofSegments = rollout({ serve: split(9), segments: ['staff'] })
    expect(splits({ rollout: ofSegments })).toHaveLength(1)
  })

  test('is forgotten after many others', () => {
    let state = start
    for (let share = 0; share < MAX_ALLOCATIONS; share += 1)
      state = edited(state, production({ rollout: rollout({ share }) }))

    expect(latest(state, 'production')[0]).toEqual([state.version, REVISION])
    expect(latest(state, 'production', REVISION + 1)[0]).toEqual([REVISION + 1, REVISION])
    expect(latest(state, 'production', REVISION)[0]).toBeUndefined()
  })

  test('is forgotten with its flag', () => {
    const gone = edited(start, edit('flag', 'f', null))
    const again = edited(gone, ...newFlag('f', {}, { ...BASE, rollout: rollout() }))

    expect(latest(gone, 'production')).toEqual([undefined, undefined])
    expect(latest(again, 'production')[0]).toEqual([again.version, again.version])
    expect(latest(again, 'production', REVISION)[0]).toBeUndefined()
  })
})
