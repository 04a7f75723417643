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
import type { Edit, Layer } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validate } from './index.ts'

type Clause = NonNullable<Layer['rules']>[number]['when'][number][number]
type Ranges = [number, number, string][]

function issuesOf(state: ProjectState, ...edits: readonly Edit[]) {
  const complete = completed(state, edits)
  return validate(state, edited(state, ...complete), complete)
}

const rule = (id: string, ...clauses: Clause[]) => ({
  id,
  when: [[{ attribute: 'plan', op: 'exists' as const, values: [] }], clauses],
  serve: { variant: 'on' },
})
const split = (ranges: Ranges, salt = 's') => ({ split: { by: 'targetingKey', salt, ranges } })
const rollout = (parts: object = {}) => ({
  by: 'targetingKey',
  salt: 'r',
  share: 10,
  serve: { variant: 'on' },
  ...parts,
})
const killed = { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }

const state = edited(furnished(), ...newFlag('f'), ...newFlag('g'))
const set = (after: Layer) => issuesOf(state, layer('f', 'production', after))
const at = (path: string, message: string) => ({
  path: path === '' ? 'layer:f@production' : `layer:f@production.${path}`,
  message: expect.stringContaining(message),
})

describe('validate, on layers', () => {
  test('accepts a valid layer', () => {
    const good: Layer = {
      on: true,
      off: 'on',
      rules: [rule('r1', { attribute: 'x', op: 'segment', values: ['7', 'staff'] }), rule('r2')],
      rollout: rollout({ segments: ['constructor'], serve: split([[0, 100_000, 'on']]) }),
      fallthrough: split([
        [0, 1, 'on'],
        [1, 100_000, 'off'],
      ]),
    }

    expect(set({ ...good, rules: good.rules!.slice(0, 1) })).toEqual([])
    expect(set({})).toEqual([])
    expect(set({ rollout: null, rules: [] })).toEqual([])
  })

  test.for([
    [
      'of a missing flag',
      layer('gone', 'production', {}),
      'layer:gone@production',
      'Flag "gone" does not exist. Create it first.',
    ],
    [
      'of a missing flag, also to kill',
      layer('gone', 'production', { killed }),
      'layer:gone@production',
      'Flag "gone" does not exist.',
    ],
    [
      'of a missing environment',
      layer('f', 'uat', {}),
      'layer:f@uat.scope',
      'Environment "uat" does not exist. Create it first.',
    ],
    [
      'of an instance in a missing environment',
      layer('f', 'uat/acme', {}),
      'layer:f@uat/acme.scope',
      'Environment "uat" does not exist',
    ],
    [
      'of a missing instance',
      layer('f', 'production/initech', {}),
      'layer:f@production/initech.scope',
      'Instance "initech" does not exist.',
    ],
    [
      'of a missing instance, also to kill',
      layer('f', 'production/initech', { killed }),
      'layer:f@production/initech.scope',
      'Instance "initech" does not exist.',
    ],
    ['whose key names no scope', edit('layer', 'f', {}), 'layer:f', 'Flag "" does not exist'],
  ] as const)('refuses a layer %s', ([, one, path, message]) => {
    expect(issuesOf(state, one)).toEqual([{ path, message: expect.stringContaining(message) }])
  })

  test.for([
    ['off', { off: 'gone' }, 'off', 'Variant "gone" does not exist. Use one of: on, off.'],
    [
      'off that records inherit',
      { off: 'constructor' },
      'off',
      'Variant "constructor" does not exist.',
    ],
    ['fallthrough', { fallthrough: { variant: 'gone' } }, 'fallthrough.variant', '"gone"'],
    [
      'rule',
      { rules: [{ ...rule('r'), when: [], serve: { variant: 'gone' } }] },
      'rules.0.serve.variant',
      '"gone"',
    ],
    [
      'rollout',
      { rollout: rollout({ serve: { variant: 'gone' } }) },
      'rollout.serve.variant',
      '"gone"',
    ],
    [
      'split',
      { fallthrough: split([[0, 100_000, 'gone']]) },
      'fallthrough.split.ranges.0',
      '"gone"',
    ],
  ] as const)('refuses a variant that the flag does not define: %s', ([, after, path, message]) => {
    expect(set(after as Layer)).toEqual([at(path, message)])
  })

  test.for([
    [
      'a gap',
      [
        [0, 10, 'on'],
        [20, 100_000, 'off'],
      ],
      'ranges.1',
      '[20, 100000) must start at 10',
    ],
    [
      'an overlap',
      [
        [0, 10, 'on'],
        [5, 100_000, 'off'],
      ],
      'ranges.1',
      'must start at 10',
    ],
    ['a start above 0', [[1, 100_000, 'on']], 'ranges.0', 'must start at 0'],
    [
      'an empty range',
      [
        [0, 0, 'on'],
        [0, 100_000, 'off'],
      ],
      'ranges.0',
      '[0, 0) is empty. Remove it.',
    ],
    [
      'a range that ends before it starts',
      [
        [0, 10, 'on'],
        [10, 5, 'on'],
        [5, 100_000, 'on'],
      ],
      'ranges.1',
      '[10, 5) is empty',
    ],
    [
      'an end below all',
      [[0, 99_999, 'on']],
      'ranges',
      'The ranges end at 99999. Extend the last range to 100000.',
    ],
  ] as const)('refuses a split with %s', ([, ranges, path, message]) => {
    const issues = set({ fallthrough: split(ranges as unknown as Ranges) })

    expect(issues).toEqual([at(`fallthrough.split.${path}`, message)])
  })

  test('checks the splits of rules and rollouts', () => {
    const gap = split([[0, 5, 'on']])
    const issues = set({
      rules: [{ ...rule('r'), when: [], serve: gap }],
      rollout: rollout({ serve: gap }),
    })

    expect(issues.map(({ path }) => path)).toEqual([
      'layer:f@production.rules.0.serve.split.ranges',
      'layer:f@production.rollout.serve.split.ranges',
    ])
  })

  test.for([
    ['another attribute of the instance', { attribute: 'instance.owner' }, 'no attribute'],
    ['a tag without a name', { attribute: 'instance.tags.' }, 'no attribute "instance.tags."'],
    ['a segment of a tag', { attribute: 'instance.tags.a', op: 'segment' }, 'the targeting key'],
  ] as const)('refuses a clause on %s', ([, clause, message]) => {
    const parts: Clause = { op: 'in', values: ['staff'], ...clause }

    expect(set({ rules: [rule('r', parts)] })).toEqual([at('rules.0.when.1.0', message)])
  })

  test('accepts clauses on the instance and on its tags', () => {
    const clauses = ['instance', 'instance.tags.region'].map((attribute) => ({
      attribute,
      op: 'in' as const,
      values: ['eu'],
    }))

    expect(set({ rules: [rule('r', ...clauses)] })).toEqual([])
  })

  test('refuses units by a tag', () => {
    const by = 'instance.tags.region'
    const whole = split([[0, 100_000, 'on']])
    const issues = set({
      rollout: rollout({ by }),
      fallthrough: { split: { ...whole.split, by } },
    })

    expect(issues.map(({ path }) => path)).toEqual([
      'layer:f@production.rollout.by',
      'layer:f@production.fallthrough.split.by',
    ])
  })

  test('refuses two rules with one id', () => {
    const one = { ...rule('r'), when: [] }

    expect(set({ rules: [one, one] })).toEqual([at('rules.1.id', 'Two rules have the id "r".')])
  })

  test('refuses a rollout to a missing segment', () => {
    expect(set({ rollout: rollout({ segments: ['staff', 'beta'] }) })).toEqual([
      at('rollout.segments', 'Segment "beta" does not exist.'),
    ])
  })
})

describe('validate, on salts', () => {
  const whole = (salt: string) => split([[0, 100_000, 'on']], salt)

  test.for([
    [
      'the rollout serves it',
      { rollout: rollout({ serve: whole('r') }) },
      ['rollout.salt', 'rollout.serve.split.salt'],
    ],
    [
      'it comes behind the rollout',
      { rollout: rollout(), fallthrough: whole('r') },
      ['rollout.salt', 'fallthrough.split.salt'],
    ],
    [
      'it is in a rule',
      { rollout: rollout(), rules: [{ ...rule('x'), when: [], serve: whole('r') }] },
      ['rollout.salt', 'rules.0.serve.split.salt'],
    ],
  ] as const)('refuses a split with the salt of the rollout: %s', ([, after, paths]) => {
    expect(set(after as Layer).map(({ path }) => path.replace('layer:f@production.', ''))).toEqual(
      paths,
    )
  })

  test('compares a rollout with the split of another layer, in both directions', () => {
    const withSplit = edited(state, layer('f', '*', { ...BASE, fallthrough: whole('r') }))
    const withRollout = edited(state, layer('f', '*', { ...BASE, rollout: rollout() }))

    expect(issuesOf(withSplit, layer('f', 'production', { rollout: rollout() }))).toEqual([
      at(
        'rollout.salt',
        'A split of flag "f" has the same salt "r". Use another salt for the split.',
      ),
    ])
    expect(issuesOf(withRollout, layer('f', 'production', { fallthrough: whole('r') }))).toEqual([
      at('fallthrough.split.salt', 'A rollout of flag "f" has the same salt "r".'),
    ])
  })

  test('accepts one salt for two rollouts, two splits and two flags, which then treat the same units', () => {
    const shared = edited(
      state,
      layer('g', '*', { ...BASE, rollout: rollout(), fallthrough: whole('s') }),
    )

    expect(issuesOf(shared, layer('f', '*', { ...BASE, fallthrough: whole('r') }))).toEqual([])
    expect(
      issuesOf(
        shared,
        layer('g', 'production', { rollout: rollout({ share: 3 }), fallthrough: whole('s') }),
      ),
    ).toEqual([])
  })
})

describe('validate, on clauses', () => {
  const clause = (op: string, ...values: unknown[]) =>
    set({
      rules: [
        rule('r', { attribute: 'x', op: op as Clause['op'], values: values as Clause['values'] }),
      ],
    })

  test.for([
    ['in', 'a', 1, true],
    ['startsWith', ''],
    ['endsWith', 'a'],
    ['contains', 'a'],
    ['matches', '*'.repeat(256)],
    ['lt', 1.5],
    ['lte', -1],
    ['gt', 0],
    ['gte', 1e9],
    ['before', '2026-11-20'],
    ['after', 1_700_000_000_000],
    ['semverEq', '1.0.0+build'],
    ['semverLt', '1.0.0-rc.1'],
    ['semverLte', '0.0.0'],
    ['semverGt', '10.20.30'],
    ['semverGte', '1.0.0'],
    ['segment', '7', 'staff'],
    ['exists'],
    ['exists', 'anything'],
    ['cidr', '10.0.0.0/8', '2001:db8::', '::ffff:10.0.0.0/104'],
  ] as const)('accepts %s with a comparable value: %s', ([op, ...values]) => {
    expect(clause(op, ...values)).toEqual([])
  })

  test.for([
    ['startsWith', 1, 'The operator startsWith needs text, not 1.'],
    ['endsWith', true, 'needs text, not true'],
    ['contains', 1, 'needs text'],
    ['matches', 'é'.repeat(257), 'needs a glob of at most 256 characters'],
    ['matches', 1, 'needs a glob'],
    ['lt', '1', 'The operator lt needs a number, not "1".'],
    ['gte', true, 'needs a number'],
    [
      'before',
      '2026-02-30',
      'needs a date such as 2026-11-20T08:00:00Z, or epoch ms, not "2026-02-30"',
    ],
    ['after', 'tomorrow', 'needs a date'],
    ['after', true, 'needs a date'],
    ['semverEq', 'v1.0.0', 'needs a version such as 1.4.0'],
    ['semverGt', '1.0', 'needs a version'],
    ['semverGt', 1, 'needs a version'],
    ['cidr', '10.0.0.0/33', 'needs an address block such as 10.0.0.0/8'],
    ['cidr', 10, 'needs an address block'],
    [
      'segment',
      'beta',
      'Segment "beta" does not exist. Create it first, or remove it from the clause.',
    ],
    ['segment', 7, 'Segment 7 does not exist.'],
  ] as const)('refuses %s with %s', ([op, value, message]) => {
    expect(clause(op, value)).toEqual([at('rules.0.when.1.0', message)])
  })

  test('finds one invalid value among valid ones', () => {
    expect(clause('lt', 1, 2, 'x', 3)).toEqual([at('rules.0.when.1.0', 'not "x"')])
  })

  test.for([['in'], ['segment'], ['gt']] as const)('refuses %s without values', ([op]) => {
    expect(clause(op)).toEqual([at('rules.0.when.1.0', 'needs at least one value')])
  })

  test('refuses a salt in a request, which would turn values into hashes', () => {
    const one: Clause = { attribute: 'targetingKey', op: 'in', values: ['ada'], salt: 's' }

    expect(set({ rules: [rule('r', one)] })).toEqual([at('rules.0.when.1.0', 'Remove it.')])
  })

  test('refuses targeting keys that are not text, because clients receive hashes of texts', () => {
    const one: Clause = { attribute: 'targetingKey', op: 'in', values: ['ada', 42] }

    expect(set({ rules: [rule('r', one)] })).toEqual([
      at('rules.0.when.1.0', 'Write "42" instead of 42'),
    ])
  })

  test.for([
    [{ attribute: 'email', op: 'in', values: ['ada@x.org'] }, undefined],
    [{ attribute: 'account', op: 'in', values: [42] }, 'A hashed value must be text. Write "42"'],
    [{ attribute: 'email', op: 'endsWith', values: ['@x.org'] }, 'Use the operator "in"'],
    [{ attribute: 'instance.tags.region', op: 'in', values: ['eu'] }, 'Remove "hashed".'],
  ] as const)('checks the clause %o with hashed values', ([clauseOf, message]) => {
    const one: Clause = { ...clauseOf, values: [...clauseOf.values], hashed: true }

    expect(set({ rules: [rule('r', one)] })).toEqual(
      message === undefined ? [] : [at('rules.0.when.1.0', message)],
    )
  })

  test('accepts numbers for a targeting key where the operator compares numbers', () => {
    const one: Clause = { attribute: 'targetingKey', op: 'gte', values: [42] }

    expect(set({ rules: [rule('r', one)] })).toEqual([])
  })

  test('refuses segments made of segments', () => {
    const when = [[{ attribute: 'x', op: 'segment' as const, values: ['staff'] }]]
    const one = edit('segment', '7', { key: '7', include: [], exclude: [], when })

    expect(issuesOf(state, one)).toEqual([
      {
        path: 'segment:7.when.0.0',
        message: 'A segment cannot contain other segments. Repeat their clauses instead.',
      },
    ])
  })
})

describe('validate, on a segment', () => {
  test('refuses a clause on a tag, because all instances share the segment', () => {
    const when = [[{ attribute: 'instance.tags.region', op: 'in' as const, values: ['eu'] }]]
    const one = edit('segment', '7', { key: '7', include: [], exclude: [], when })

    expect(issuesOf(state, one)).toEqual([
      {
        path: 'segment:7.when.0.0',
        message: 'A segment cannot read the tag "instance.tags.region". Move the clause to a rule.',
      },
    ])
  })
})

describe('validate, on a kill', () => {
  // An older version of the validation may have accepted it.
  const broken: Layer = { off: 'gone', fallthrough: split([[5, 6, 'gone']]) }
  const odd = edited(state, layer('f', 'production', broken))

  test.for([
    ['kills', odd, { ...broken, killed }],
    ['annotates', odd, { ...broken, note: { reason: 'x' } }],
    ['restores', edited(odd, layer('f', 'production', { ...broken, killed })), broken],
    ['kills where nothing was set', state, { killed }],
  ] as const)(
    'accepts an edit that only %s, despite other issues of the layer',
    ([, before, after]) => {
      expect(issuesOf(before, layer('f', 'production', after as Layer))).toEqual([])
    },
  )

  test('checks the other edits of the same change', () => {
    expect(issuesOf(odd, layer('f', 'production', { off: 'gone', on: true, killed }))).toEqual([
      at('off', '"gone"'),
    ])
  })

  test('requires the layer "*" of a new flag', () => {
    expect(
      issuesOf(state, edit('flag', 'c', definition('c')), layer('c', '*', { killed })),
    ).toHaveLength(2)
  })
})
