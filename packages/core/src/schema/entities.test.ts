import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import {
  Actor,
  ApiKey,
  Change,
  Clause,
  Edit,
  Environment,
  Flag,
  FlagDefinition,
  Instance,
  Key,
  Kill,
  Layer,
  Prerequisite,
  Project,
  Rollout,
  Rule,
  Ruleset,
  Scope,
  Segment,
  Serve,
  Split,
  strict,
  Variant,
} from './index.ts'

const at = '2026-11-20T08:00:00Z'
const clause = {
  attribute: 'device.os',
  op: 'in',
  values: ['ios', 7, true],
  ignoreCase: true,
  negate: false,
}
const split = {
  by: 'targetingKey',
  salt: 's',
  ranges: [
    [0, 40_000, 'on'],
    [40_000, 100_000, 'off'],
  ],
}
const rule = { id: 'pilot', name: 'Pilot customers', when: [[clause]], serve: { variant: 'on' } }
const rollout = {
  planRun: 'autumn',
  step: 0,
  by: 'targetingKey',
  salt: 'r',
  share: 1,
  serve: { split },
  segments: ['staff'],
}
const kill = { at, by: 'ada', reason: 'errors' }
const layer = {
  on: true,
  off: 'off',
  rules: [rule],
  rollout: null,
  fallthrough: { split },
  killed: kill,
  note: { reason: 'trial', owner: 'ada', expiresAt: at },
}
const variant = { key: 'on', value: { deep: [1, null] }, description: 'New' }
const definition = {
  key: 'new-checkout',
  type: 'json',
  kind: 'release',
  variants: [variant],
  description: 'The new checkout.',
  owner: 'ada',
  tags: { team: 'web' },
  clientVisible: true,
  permanent: false,
  expectedRemovalAt: at,
  prerequisites: [{ flag: 'base', variants: ['on'] }],
  archivedAt: at,
}
const actor = { kind: 'key', id: 'k1', name: 'Ada' }
const edit = { kind: 'layer', key: 'new-checkout@production', before: null, after: layer }

/** A schema, a valid example with all members, and a member to misspell. */
const ENTITIES = [
  ['Project', Project, { key: 'shop', name: 'Shop' }, 'name'],
  [
    'Environment',
    Environment,
    { key: 'production', name: 'Live', order: 1, protected: true },
    'protected',
  ],
  [
    'Instance',
    Instance,
    {
      key: 'acme',
      name: 'Acme',
      tags: { region: 'eu' },
      timeZone: 'Europe/Zurich',
      owner: '',
      status: 'active',
    },
    'timeZone',
  ],
  ['Variant', Variant, variant, 'value'],
  ['Prerequisite', Prerequisite, { flag: 'base', variants: ['on'] }, 'variants'],
  ['FlagDefinition', FlagDefinition, definition, 'clientVisible'],
  ['Flag', Flag, { ...definition, layers: { '*': layer, 'production/acme': {} } }, 'layers'],
  ['Kill', Kill, kill, 'reason'],
  ['Layer', Layer, layer, 'fallthrough'],
  [
    'Segment',
    Segment,
    { key: 'staff', name: 'Staff', include: ['ada'], exclude: [], when: [[clause]] },
    'include',
  ],
  [
    'ApiKey',
    ApiKey,
    {
      id: 'k1',
      name: 'Ada',
      kind: 'admin',
      hash: '0'.repeat(64),
      prefix: 'fh_',
      project: '*',
      scope: 'production',
      createdAt: at,
      expiresAt: at,
      revokedAt: at,
    },
    'expiresAt',
  ],
  ['Clause', Clause, { ...clause, salt: 's' }, 'attribute'],
  ['Rule', Rule, rule, 'serve'],
  ['Split', Split, split, 'ranges'],
  ['Rollout', Rollout, rollout, 'share'],
  ['Actor', Actor, actor, 'name'],
  [
    'Change',
    Change,
    {
      seq: 1,
      at,
      actor,
      action: 'layer.set',
      edits: [edit],
      reason: '',
      requestId: 'r',
      previousHash: '',
      hash: 'h',
    },
    'reason',
  ],
] as const satisfies readonly (readonly [string, z.ZodType, object, string])[]

describe('the schema of an entity', () => {
  test.for(ENTITIES)('accepts a complete %s and returns it unchanged', ([, schema, example]) => {
    expect(schema.parse(example)).toEqual(example)
  })

  test.for(ENTITIES)(
    'refuses a misspelt member of %s and suggests the correct name',
    ([, schema, example, member]) => {
      const misspelt = `${member.slice(0, -2)}${member.at(-1)}${member.at(-2)}`
      const { [member]: value, ...rest } = example as Record<string, unknown>

      const { error } = schema.safeParse({ ...rest, [misspelt]: value })

      expect(error?.issues).toContainEqual(
        expect.objectContaining({
          path: [],
          message: `Member "${misspelt}" is unknown. Did you mean "${member}"?`,
        }),
      )
    },
  )
})

describe('Edit', () => {
  test.for([
    ['project', { key: 'shop', name: 'Shop' }],
    ['environment', { key: 'production', name: 'Live', order: 1, protected: true }],
    ['flag', definition],
    ['layer', layer],
    ['segment', { key: 'staff', include: [], exclude: [], when: [] }],
  ] as const)('accepts a %s that is created, updated and deleted', ([kind, entity]) => {
    for (const [before, after] of [
      [null, entity],
      [entity, entity],
      [entity, null],
    ])
      expect(Edit.safeParse({ kind, key: 'k', before, after }).success).toBe(true)
  })

  test('refuses an entity of another kind', () => {
    expect(Edit.safeParse({ kind: 'project', key: 'k', before: null, after: layer }).success).toBe(
      false,
    )
    expect(Edit.safeParse({ ...edit, kind: 'plan' }).success).toBe(false)
  })
})

describe('Serve', () => {
  test('is a variant or a split, never both and never neither', () => {
    expect(Serve.safeParse({ variant: 'on' }).success).toBe(true)
    expect(Serve.safeParse({ split }).success).toBe(true)
    expect(Serve.safeParse({ variant: 'on', split }).success).toBe(false)
    expect(Serve.safeParse({}).success).toBe(false)
  })
})

describe('strict', () => {
  const schema = strict({ colour: z.string().optional(), size: z.number().optional() })
  const messageOf = (value: unknown) => schema.safeParse(value).error?.issues[0]?.message

  test('lists the members if none is similar', () => {
    expect(messageOf({ weight: 1 })).toBe('Member "weight" is unknown. Use one of: colour, size.')
  })

  test('names every unknown member', () => {
    expect(messageOf({ color: 'red', sise: 1 })).toBe(
      'Member "color" is unknown. Did you mean "colour"? Member "sise" is unknown. Did you mean "size"?',
    )
  })

  test.for([['constructor'], ['toString'], ['__proto__']] as const)(
    'refuses inherited object members: %s',
    ([member]) => {
      expect(messageOf(JSON.parse(`{"${member}":1}`))).toContain(`Member "${member}" is unknown`)
    },
  )
})

describe('keys and scopes', () => {
  test.for([
    ['a', true],
    ['0', true],
    ['new-checkout_2.b', true],
    ['a'.repeat(100), true],
    ['a'.repeat(101), false],
    ['', false],
    ['-a', false],
    ['.a', false],
    ['A', false],
    ['é', false],
    ['a b', false],
    ['a/b', false],
    ['a@b', false],
    ['a\n', false],
    ['__proto__', false],
  ] as const)('checks that "%s" is a key: %s', ([key, expected]) => {
    expect(Key.safeParse(key).success).toBe(expected)
  })

  test.for([
    ['*', true],
    ['production', true],
    ['production/acme', true],
    ['production/*', false],
    ['*/acme', false],
    ['production/', false],
    ['/acme', false],
    ['a/b/c', false],
    ['', false],
  ] as const)('checks that "%s" is a scope: %s', ([scope, expected]) => {
    expect(Scope.safeParse(scope).success).toBe(expected)
  })
})

describe('limits', () => {
  const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  const withClause = (parts: object) => ({ ...rule, when: [[{ ...clause, ...parts }]] })

  test.for([
    ['JSON of the greatest depth', Variant, { ...variant, value: nested(LIMITS.jsonDepth) }],
    [
      'as many values as a clause may have',
      Rule,
      withClause({ values: new Array(10_000).fill('x') }),
    ],
    ['as many rules as a layer may have', Layer, { rules: new Array(LIMITS.rules).fill(rule) }],
    ['all buckets', Rollout, { ...rollout, share: 100_000 }],
  ] as const)('accept %s', ([, schema, value]) => {
    expect(schema.safeParse(value).success).toBe(true)
  })

  test.for([
    ['deeper JSON', Variant, { ...variant, value: nested(LIMITS.jsonDepth + 1) }],
    ['JSON too deep for any stack', Variant, { ...variant, value: nested(100_000) }],
    ['what is not JSON', Variant, { ...variant, value: undefined }],
    ['one value more', Rule, withClause({ values: new Array(10_001).fill('x') })],
    ['an operator that nobody knows', Rule, withClause({ op: 'regex' })],
    ['one rule more', Layer, { rules: new Array(LIMITS.rules + 1).fill(rule) }],
    ['a group without clauses, which would hold for nobody', Rule, { ...rule, when: [[]] }],
    ['one bucket more', Rollout, { ...rollout, share: 100_001 }],
    ['half a bucket', Rollout, { ...rollout, share: 0.5 }],
    ['a flag without variants', FlagDefinition, { ...definition, variants: [] }],
    ['a local time', Kill, { ...kill, at: '2026-11-20T08:00:00+01:00' }],
  ] as const)('refuse %s', ([, schema, value]) => {
    expect(schema.safeParse(value).success).toBe(false)
  })
})

describe('the ruleset', () => {
  test('may have members of a later version', () => {
    const ruleset = {
      spec: 1,
      project: 'shop',
      scope: 'production',
      epoch: 'e',
      version: 0,
      flags: {},
      segments: {},
      later: true,
    }

    expect(Ruleset.safeParse(ruleset).success).toBe(true)
    expect(Ruleset.safeParse({ ...ruleset, spec: 2 }).success).toBe(false)
  })
})
