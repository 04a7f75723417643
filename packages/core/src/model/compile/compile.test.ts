import { describe, expect, test } from 'vitest'
import {
  BASE,
  definition,
  edit,
  edited,
  furnished,
  layer,
} from '../../../../../test-support/project.ts'
import { hashIdentifier } from '../../hash.ts'
import type { RulesetFlag } from '../../ruleset/wire.ts'
import type { Edit, FlagDefinition, Layer } from '../../schema/index.ts'
import type { Audience, ProjectState } from '../state.ts'
import { compile, createCompiler } from './compile.ts'

const killed = { at: '2026-11-20T08:00:00Z', by: 'INTERNAL', reason: 'INTERNAL' }

const flag = (key: string, parts: Partial<FlagDefinition> = {}) =>
  edit('flag', key, definition(key, { clientVisible: true, ...parts }))

const segment = (key: string, include: string[], when: RuleWhen = []) =>
  edit('segment', key, { key, include, exclude: ['eve', 'Bob'], when })

type RuleWhen = NonNullable<Layer['rules']>[number]['when']

const rule = (id: string, ...clauses: RuleWhen[number]) => ({
  id,
  when: [clauses],
  serve: { variant: 'on' },
})

const stateWith = (...edits: Edit[]) => edited(furnished(), ...edits)

const compiled = (state: ProjectState, scope = 'production', audience: Audience = 'server') =>
  compile(state, { scope, audience, epoch: 'e1' })

describe('compile', () => {
  test('writes the ruleset of the specification', () => {
    const state = stateWith(
      flag('b'),
      layer('b', '*', {
        ...BASE,
        rollout: { by: 'id', salt: 's', share: 5, serve: { variant: 'on' } },
      }),
      flag('a', { prerequisites: [{ flag: 'b', variants: ['on'] }] }),
      layer('a', '*', {
        ...BASE,
        rules: [rule('r', { attribute: 'plan', op: 'segment', values: ['7'] })],
      }),
    )

    const variants = { off: false, on: true }
    expect(compiled(state)).toEqual({
      spec: 1,
      project: 'shop',
      scope: 'production',
      epoch: 'e1',
      version: 2,
      flags: {
        a: {
          type: 'boolean',
          variants,
          on: true,
          off: 'off',
          rules: [
            {
              id: 'r',
              when: [[{ attribute: 'plan', op: 'segment', values: ['7'] }]],
              serve: { variant: 'on' },
            },
          ],
          fallthrough: { variant: 'on' },
          revision: 2,
          prerequisites: [{ flag: 'b', variants: ['on'] }],
        },
        b: {
          type: 'boolean',
          variants,
          on: true,
          off: 'off',
          rollout: { by: 'id', salt: 's', share: 5, serve: { variant: 'on' } },
          fallthrough: { variant: 'on' },
          revision: 2,
        },
      },
      segments: { 7: { include: ['ada'], exclude: [], when: [] } },
    })
  })

  test('sorts flags, segments, variants and instances by key', () => {
    const state = stateWith(
      flag('b'),
      layer('b', '*', BASE),
      layer('b', 'production/globex', { on: false }),
      layer('b', 'production/acme', { on: false }),
      flag('a'),
      layer('a', '*', {
        ...BASE,
        rules: [rule('r', { attribute: 'x', op: 'segment', values: ['staff', 'constructor'] })],
      }),
    )

    const { flags, segments } = compiled(state)

    expect(Object.keys(flags)).toEqual(['a', 'b'])
    expect(Object.keys(segments)).toEqual(['constructor', 'staff'])
    expect(Object.keys(flags.b!.variants)).toEqual(['off', 'on'])
    expect(Object.keys(flags.b!.instances!)).toEqual(['acme', 'globex'])
  })

  test('omits archived flags', () => {
    const state = stateWith(
      flag('a', { archivedAt: '2026-11-20T08:00:00Z' }),
      layer('a', '*', BASE),
      flag('b'),
      layer('b', '*', BASE),
    )

    expect(Object.keys(compiled(state).flags)).toEqual(['b'])
  })

  test.for([['server'], ['client']] as const)(
    'hides names, notes, owners, tags, descriptions and authors of kills from a %s key',
    ([audience]) => {
      const state = stateWith(
        flag('a', {
          description: 'INTERNAL',
          owner: 'INTERNAL',
          tags: { INTERNAL: 'INTERNAL' },
          variants: [
            { key: 'on', value: true, description: 'INTERNAL' },
            { key: 'off', value: false },
          ],
        }),
        layer('a', '*', {
          ...BASE,
          killed,
          note: { reason: 'INTERNAL', owner: 'INTERNAL' },
          rules: [
            { ...rule('r', { attribute: 'x', op: 'segment', values: ['beta'] }), name: 'INTERNAL' },
          ],
        }),
        edit('segment', 'beta', {
          key: 'beta',
          name: 'INTERNAL',
          include: [],
          exclude: [],
          when: [],
        }),
      )

      const ruleset = compiled(state, 'production', audience)

      expect(ruleset.flags.a!.killed).toBe(true)
      expect(ruleset.flags.a!.rules).toHaveLength(1)
      expect(Object.keys(ruleset.segments)).toEqual(['beta'])
      expect(JSON.stringify(ruleset)).not.toContain('INTERNAL')
    },
  )
})

describe('instances', () => {
  const state = stateWith(
    flag('a'),
    layer('a', '*', BASE),
    layer('a', 'production/acme', { killed }),
    layer('a', 'production/globex', { on: true, note: { reason: 'as everywhere' } }),
    layer('a', 'staging/10', { on: false }),
    layer('a', 'production-eu/acme', { on: false }),
  )

  test('of an environment are listed where their configuration differs', () => {
    expect(compiled(state).flags.a!.instances).toEqual({
      acme: { on: true, off: 'off', killed: true, fallthrough: { variant: 'off' }, revision: 2 },
    })
  })

  test('that are killed are listed without the members that no evaluation reads', () => {
    const rules = [rule('r', { attribute: 'x', op: 'segment', values: ['staff'] })]
    const { flags, segments } = compiled(edited(state, layer('a', '*', { ...BASE, rules })))

    expect(flags.a!.instances!.acme).not.toHaveProperty('rules')
    expect(flags.a!.rules).toHaveLength(1)
    expect(Object.keys(segments)).toEqual(['staff'])
  })

  test.for([
    ['an instance', 'production/acme', 'server'],
    ['a client of an environment', 'production', 'client'],
  ] as const)('are hidden from %s', ([, scope, audience]) => {
    expect(compiled(state, scope, audience).flags.a).not.toHaveProperty('instances')
  })

  test('bring the segments that they name', () => {
    const rules = [rule('r', { attribute: 'x', op: 'segment', values: ['staff'] })]
    const rollout = { by: 'id', salt: 's', share: 5, serve: { variant: 'on' }, segments: ['7'] }
    const next = edited(
      state,
      layer('a', 'production/globex', { rules }),
      layer('a', 'production/10', { rollout }),
    )

    expect(Object.keys(compiled(next).segments)).toEqual(['7', 'staff'])
    expect(Object.keys(compiled(next, 'production/globex').segments)).toEqual(['staff'])
    expect(Object.keys(compiled(next, 'production/acme').segments)).toEqual([])
  })
})

describe('a ruleset for clients', () => {
  const onTargetingKey = { attribute: 'targetingKey', op: 'in', values: ['zoe', 'Adam'] } as const
  const state = stateWith(
    flag('visible'),
    layer('visible', '*', {
      ...BASE,
      rules: [
        rule('r1', { ...onTargetingKey, values: ['zoe', 'Adam'] }),
        rule('r2', { ...onTargetingKey, values: ['zoe', 'Adam'], ignoreCase: true, negate: true }),
        rule('r3', { attribute: 'plan', op: 'in', values: ['pro'] }),
        rule('r4', { attribute: 'targetingKey', op: 'startsWith', values: ['test-'] }),
        rule('r5', { attribute: 'x', op: 'segment', values: ['visible'] }),
      ],
    }),
    segment('visible', ['zoe', 'Adam'], [[{ ...onTargetingKey, values: ['zoe', 'Adam'] }]]),
    segment('unseen', ['zoe']),
    flag('unseen', { clientVisible: false }),
    layer('unseen', '*', {
      ...BASE,
      rules: [rule('r', { attribute: 'x', op: 'segment', values: ['unseen'] })],
    }),
  )
  const ruleset = compiled(state, 'production', 'client')
  const clauseOf = (flags: Readonly<Record<string, RulesetFlag>>, i: number) =>
    flags.visible!.rules![i]!.when[0]![0]!

  test('contains the flags visible to clients and only the segments that they name', () => {
    expect(Object.keys(ruleset.flags)).toEqual(['visible'])
    expect(Object.keys(ruleset.segments)).toEqual(['visible'])
    expect(Object.keys(compiled(state).segments)).toEqual(['unseen', 'visible'])
  })

  test('contains salted hashes of targeting keys, sorted by hash', () => {
    const { salt, values } = clauseOf(ruleset.flags, 0)

    expect(values).toEqual([hashIdentifier(salt!, 'zoe'), hashIdentifier(salt!, 'Adam')].sort())
    expect(JSON.stringify(ruleset)).not.toMatch(/zoe|adam|eve|bob/i)
  })

  test('lower-cases identifiers before hashing where case is ignored', () => {
    const { salt, ...clause } = clauseOf(ruleset.flags, 1)

    expect(clause).toEqual({
      attribute: 'targetingKey',
      op: 'in',
      values: [hashIdentifier(salt!, 'zoe'), hashIdentifier(salt!, 'adam')].sort(),
      ignoreCase: true,
      negate: true,
    })
  })

  test('contains hashes in the lists and clauses of segments', () => {
    const { include, exclude, when, salt } = ruleset.segments.visible!

    expect(include).toEqual([hashIdentifier(salt!, 'zoe'), hashIdentifier(salt!, 'Adam')].sort())
    expect(exclude).toEqual([hashIdentifier(salt!, 'eve'), hashIdentifier(salt!, 'Bob')].sort())
    expect(when[0]![0]).toMatchObject({ values: include, salt })
  })

  test('has a different salt for each flag and segment, even with the same key', () => {
    expect(clauseOf(ruleset.flags, 0).salt).not.toBe(ruleset.segments.visible!.salt)
  })

  test('contains hashes of the values of a hashed clause, in rules and segments', () => {
    const hashed = { attribute: 'email', op: 'in', values: ['Ada@x.org'], hashed: true } as const
    const clause = { ...hashed, values: ['Ada@x.org'] }
    const made = compiled(
      stateWith(
        flag('visible'),
        layer('visible', '*', {
          ...BASE,
          rules: [
            rule('r1', { ...clause, ignoreCase: true }),
            rule('r2', { attribute: 'x', op: 'segment', values: ['visible'] }),
          ],
        }),
        segment('visible', [], [[clause]]),
      ),
      'production',
      'client',
    )

    const { salt, ...inRule } = clauseOf(made.flags, 0)
    expect(inRule).toEqual({
      attribute: 'email',
      op: 'in',
      values: [hashIdentifier(salt!, 'ada@x.org')],
      ignoreCase: true,
    })
    const other = made.segments.visible!.salt!
    expect(made.segments.visible!.when[0]![0]).toEqual({
      attribute: 'email',
      op: 'in',
      values: [hashIdentifier(other, 'Ada@x.org')],
      salt: other,
    })
  })

  test('does not hash other attributes and operators', () => {
    expect(clauseOf(ruleset.flags, 2)).toEqual({ attribute: 'plan', op: 'in', values: ['pro'] })
    expect(clauseOf(ruleset.flags, 3)).toEqual(clauseOf(compiled(state).flags, 3))
  })

  test('adds numbers and booleans to identifiers for servers, because hashes do not differ', () => {
    const values = ['42', '042', 'TRUE', '1e+21', 'NaN']
    const clause = {
      attribute: 'account',
      op: 'in',
      values,
      hashed: true,
      ignoreCase: true,
    } as const
    const one = stateWith(
      flag('visible'),
      layer('visible', '*', { ...BASE, rules: [rule('r', { ...clause, values })] }),
    )

    expect(clauseOf(compiled(one).flags, 0)).toEqual({
      attribute: 'account',
      op: 'in',
      values: [...values, 42, true, 1e21],
      ignoreCase: true,
    })
  })

  test('hashes nothing for servers', () => {
    expect(clauseOf(compiled(state).flags, 0)).toEqual(onTargetingKey)
    expect(compiled(state).segments.visible).not.toHaveProperty('salt')
  })
})

describe('createCompiler', () => {
  const target = { scope: 'production', audience: 'client', epoch: 'e1' } as const
  const named = rule('r', { attribute: 'x', op: 'segment', values: ['beta'] })
  const state = stateWith(
    segment('beta', ['ada']),
    flag('a'),
    layer('a', '*', { ...BASE, rules: [named] }),
    flag('b'),
    layer('b', '*', BASE),
  )

  test('returns unchanged flags and segments as the same objects', () => {
    const compiler = createCompiler(target)
    const before = compiler(state)
    const after = compiler(edited(state, layer('b', '*', { ...BASE, on: false })))

    expect(after.flags.a).toBe(before.flags.a)
    expect(after.segments.beta).toBe(before.segments.beta)
    expect(after.flags.b).toEqual({ ...before.flags.b, on: false, revision: 3 })
    expect(after.version).toBe(3)
  })

  test('returns the same collections for an unaffected ruleset', () => {
    const compiler = createCompiler(target)
    const before = compiler(state)

    const after = compiler(
      edited(
        state,
        layer('b', 'production/acme', { killed }),
        layer('b', 'staging', { on: false }),
        segment('unnamed', ['ada']),
      ),
    )

    expect(after.flags).toBe(before.flags)
    expect(after.segments).toBe(before.segments)
    expect(after.version).toBe(before.version + 1)
  })

  test('drops a segment with the last flag that names it', () => {
    const compiler = createCompiler(target)
    compiler(state)

    const after = compiler(edited(state, layer('a', '*', BASE)))

    expect(after.segments).toEqual({})
  })

  test('recompiles all salts for another project', () => {
    const compiler = createCompiler(target)
    compiler(state)
    const renamed = edited(state, edit('project', 'bank', { key: 'bank', name: 'Bank' }))

    expect(compiler(renamed)).toEqual(compile(renamed, target))
    expect(compile(renamed, target).segments).not.toEqual(compile(state, target).segments)
  })
})
