import { describe, expect, test } from 'vitest'
import {
  BASE,
  completed,
  definition,
  edit,
  edited,
  furnished,
  layer,
  newFlag,
} from '../../../../../test-support/project.ts'
import { LIMITS } from '../../limits.ts'
import type { ApiKey, Edit } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validate } from './index.ts'

function issuesOf(state: ProjectState, ...edits: readonly Edit[]) {
  const complete = completed(state, edits)
  return validate(state, edited(state, ...complete), complete)
}

const apiKey = (id: string, parts: Partial<ApiKey> = {}) =>
  edit('apiKey', id, {
    id,
    name: `Key ${id}`,
    kind: 'server',
    hash: '0'.repeat(64),
    prefix: 'fh_',
    project: 'shop',
    createdAt: '2026-11-20T08:00:00Z',
    ...parts,
  })

const asks = (segment: string) => ({
  rules: [
    {
      id: 'r',
      when: [[{ attribute: 'x', op: 'segment' as const, values: [segment] }]],
      serve: { variant: 'on' },
    },
  ],
})
const rollsOutTo = (segment: string) => ({
  rollout: { by: 'id', salt: 's', share: 1, serve: { variant: 'on' }, segments: [segment] },
})

const state = edited(
  furnished(),
  ...newFlag('f', {}, { ...BASE, ...asks('staff') }),
  layer('f', 'production/acme', rollsOutTo('7')),
  ...newFlag('g', { archivedAt: '2026-11-20T08:00:00Z' }),
  layer('g', 'staging', asks('7')),
  apiKey('k1', { scope: 'staging/globex' }),
  apiKey('k2', { scope: 'production', revokedAt: '2026-11-20T08:00:00Z' }),
  apiKey('k3'),
)

describe('validate, on removals', () => {
  test.for([
    [
      'a segment that a rule asks',
      edit('segment', 'staff', null),
      '"staff" cannot be deleted: "f" in * depends on it. Remove "staff" there first.',
    ],
    [
      'a segment that a rollout names',
      edit('segment', '7', null),
      '"7" cannot be deleted: "f" in production/acme depends on it.',
    ],
    [
      'an environment with a layer of an instance',
      edit('environment', 'production', null),
      '"f" in production/acme depends on it.',
    ],
    [
      'an environment with a layer and a key',
      edit('environment', 'staging', null),
      '"staging" cannot be deleted: the key "Key k1" depends on it.',
    ],
    [
      'an instance with a layer',
      edit('instance', 'acme', null),
      '"f" in production/acme depends on it.',
    ],
    ['an instance with a key', edit('instance', 'globex', null), 'the key "Key k1" depends on it.'],
    ['a flag', edit('flag', 'f', null), 'its history depends on it. Archive it instead.'],
    [
      'the base of a flag',
      layer('f', '*', null),
      'every scope depends on it. Replace its settings instead.',
    ],
    ['the project', edit('project', 'shop', null), 'its log depends on it.'],
  ] as const)('refuses to remove %s', ([, one, message]) => {
    expect(issuesOf(state, one)).toContainEqual({
      path: `${one.kind}:${one.key}`,
      message: expect.stringContaining(message),
    })
  })

  test.for([
    ['a segment that nobody names', [edit('segment', 'constructor', null)]],
    [
      'a segment that only an archived flag names',
      [layer('f', 'production/acme', null), edit('segment', '7', null)],
    ],
    ['an instance that nobody names', [edit('instance', '10', null)]],
    ['an API key', [apiKey('k1'), edit('apiKey', 'k1', null)]],
    ['a layer', [layer('f', 'production/acme', null)]],
    ['what the same change stops using', [layer('f', '*', BASE), edit('segment', 'staff', null)]],
    [
      'an environment together with its layers',
      [layer('f', 'production/acme', null), edit('environment', 'production', null)],
    ],
  ] as const)('accepts the removal of %s', ([, edits]) => {
    expect(issuesOf(state, ...edits)).toEqual([])
  })

  test('names some dependents and counts the others', () => {
    const flags = ['a', 'b', 'c', 'd', 'e', 'h'].flatMap((key) =>
      newFlag(key, {}, { ...BASE, ...asks('constructor') }),
    )

    expect(
      issuesOf(edited(state, ...flags), edit('segment', 'constructor', null))[0]!.message,
    ).toBe(
      '"constructor" cannot be deleted: "a" in *, "b" in *, "c" in *, "d" in *, "e" in * and 1 more depend on it. Remove "constructor" there first.',
    )
  })
})

describe('validate, on other entities', () => {
  test.for([
    [
      'a key of a missing environment',
      apiKey('k4', { scope: 'uat' }),
      'apiKey:k4.scope',
      'Environment "uat" does not exist',
    ],
    [
      'a key of a missing instance',
      apiKey('k4', { scope: 'staging/uat' }),
      'apiKey:k4.scope',
      'Instance "uat" does not exist',
    ],
    [
      'a key under another id',
      edit('apiKey', 'k5', apiKey('k4').after as ApiKey),
      'apiKey:k5.key',
      'The entity has the key "k4", but the edit has the key "k5"',
    ],
    [
      'an environment under another key',
      edit('environment', 'uat', { key: 'qa', name: 'QA', order: 1, protected: false }),
      'environment:uat.key',
      'has the key "qa", but the edit has the key "uat"',
    ],
    [
      'another key for the project',
      edit('project', 'bank', { key: 'bank', name: 'Bank' }),
      'project:bank.key',
      'The key of project "shop" cannot change to "bank"',
    ],
  ] as const)('refuses %s', ([, one, path, message]) => {
    expect(issuesOf(state, one)).toEqual([{ path, message: expect.stringContaining(message) }])
  })

  test('accepts a new name for the project, and API keys of every scope', () => {
    expect(issuesOf(state, edit('project', 'shop', { key: 'shop', name: 'Our shop' }))).toEqual([])
    for (const scope of ['*', 'production', 'staging/acme'])
      expect(issuesOf(state, apiKey('k4', { scope }))).toEqual([])
  })
})

describe('validate, on limits', () => {
  const segments = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      edit('segment', `s${i}`, { key: `s${i}`, include: [], exclude: [], when: [] }),
    )
  const room = LIMITS.segments - state.segments.size

  test('accepts the limit and refuses more', () => {
    expect(issuesOf(state, ...segments(room))).toEqual([])
    expect(issuesOf(state, ...segments(room + 1))).toEqual([
      {
        path: 'segments',
        message:
          'A project can have at most 300 segments; this change would make it 301. Delete unused segments first.',
      },
    ])
  })

  test('refuses only growth in a project beyond a limit', () => {
    const over = edited(state, ...segments(room + 5))
    const killed = { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }

    expect(issuesOf(over, layer('f', 'production', { killed }))).toEqual([])
    expect(issuesOf(over, edit('flag', 'f', definition('f', { description: 'x' })))).toEqual([])
    expect(issuesOf(over, edit('segment', 's0', null))).toEqual([])
    expect(
      issuesOf(over, edit('segment', 'more', { key: 'more', include: [], exclude: [], when: [] })),
    ).toHaveLength(1)
  })
})
