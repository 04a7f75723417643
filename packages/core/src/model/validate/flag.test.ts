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
import type { Edit, FlagDefinition } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validate } from './index.ts'

function issuesOf(state: ProjectState, ...edits: readonly Edit[]) {
  const complete = completed(state, edits)
  return validate(state, edited(state, ...complete), complete)
}

const flag = (key: string, parts: Partial<FlagDefinition> = {}) =>
  edit('flag', key, definition(key, parts))

const needs = (...keys: string[]) => ({
  prerequisites: keys.map((key) => ({ flag: key, variants: ['on'] })),
})

const onlyOn = { variants: [{ key: 'on', value: true }] }
const archived = { archivedAt: '2026-11-20T08:00:00Z' }

const state = edited(
  furnished(),
  ...newFlag('a', { ...needs('b'), clientVisible: true }),
  ...newFlag('b', { clientVisible: true }),
  ...newFlag('old', archived),
  layer('b', 'production', { off: 'off' }),
)

describe('validate, on flags', () => {
  test('accepts a valid flag', () => {
    expect(issuesOf(state, ...newFlag('c', { ...needs('a'), clientVisible: true }))).toEqual([])
    expect(issuesOf(state, flag('b', { clientVisible: true, description: 'new' }))).toEqual([])
    expect(issuesOf(state, flag('old'))).toEqual([])
  })

  test.for([
    ['that is removed', [edit('flag', 'a', null)], 'flag:a', 'Archive it instead.'],
    [
      'whose type changes',
      [flag('a', { type: 'json', clientVisible: true })],
      'flag:a.type',
      'cannot change from boolean',
    ],
    [
      'that is stored under another key',
      [edit('flag', 'c', definition('d'))],
      'flag:c.key',
      'has the key "d", but the edit has the key "c"',
    ],
    ['without a base', [flag('c')], 'flag:c.layers.*.on', 'does not set "on". Set it'],
    [
      'whose base lacks a member',
      newFlag('c', {}, { off: 'off' }),
      'layer:c@*.on',
      'does not set "on"',
    ],
    ['whose base is empty', newFlag('c', {}, {}), 'flag:c.layers.*.off', 'does not set "off"'],
    [
      'whose base only kills',
      newFlag('c', {}, { killed: { at: '2026-11-20T08:00:00Z', by: 'k', reason: '' } }),
      'flag:c.layers.*.on',
      'does not set',
    ],
    ['whose base is removed', [layer('a', '*', null)], 'layer:a@*', 'every scope depends on it'],
    [
      'that loses a variant which a layer serves',
      [flag('b', { ...onlyOn, clientVisible: true })],
      'flag:b.layers.production.off',
      'Variant "off" does not exist. Use one of: on.',
    ],
  ] as const)('refuses a flag %s', ([, edits, path, message]) => {
    expect(issuesOf(state, ...edits)).toContainEqual({
      path,
      message: expect.stringContaining(message),
    })
  })

  test('requires an off variant of boolean flags only', () => {
    const variants = [{ key: 'on', value: 'text' }]

    expect(issuesOf(state, ...newFlag('c', {}, { on: false }))).toHaveLength(1)
    expect(issuesOf(state, ...newFlag('c', { type: 'string', variants }, { on: false }))).toEqual(
      [],
    )
  })

  test('refuses the key of a deleted flag', () => {
    const without = edited(state, edit('flag', 'a', null))

    expect(issuesOf(without, ...newFlag('a'))).toEqual([
      {
        path: 'flag:a.key',
        message: expect.stringContaining('belonged to a deleted flag and cannot be reused'),
      },
    ])
  })

  test('reports each issue once for a flag and its layers in one change', () => {
    const edits = newFlag('c', {}, { ...BASE, off: 'gone' })

    expect(issuesOf(state, ...edits).map(({ path }) => path)).toEqual(['layer:c@*.off'])
  })
})

describe('validate, on variants', () => {
  const withValue = (type: FlagDefinition['type'], value: unknown) =>
    newFlag('c', {
      type,
      variants: [
        { key: 'on', value: value as string },
        { key: 'off', value: { boolean: false, number: 0, string: '', json: null }[type] },
      ],
    })

  test.for([
    ['boolean', true],
    ['string', ''],
    ['number', -0.5],
    ['json', 'text'],
    ['json', null],
    ['string', 'é'.repeat(LIMITS.valueBytes / 2 - 1)],
  ] as const)('accepts a %s', ([type, value]) => {
    expect(issuesOf(state, ...withValue(type, value))).toEqual([])
  })

  test.for([
    [
      'text as a boolean',
      'boolean',
      'true',
      'The value of variant "on" is "true", but the flag\'s type is boolean',
    ],
    ['a number as text', 'string', 1, "is 1, but the flag's type is string"],
    ['text as a number', 'number', '1', 'is "1", but the flag\'s type is number'],
    ['an object as a number', 'number', { a: 'x'.repeat(99) }, "x…, but the flag's type is number"],
    [
      'long text',
      'string',
      'é'.repeat(LIMITS.valueBytes / 2),
      'has 65538 bytes of JSON; the limit is 65536.',
    ],
  ] as const)('refuses %s', ([, type, value, message]) => {
    expect(issuesOf(state, ...withValue(type, value))).toContainEqual({
      path: 'flag:c.variants.0.value',
      message: expect.stringContaining(message),
    })
  })

  test('refuses two variants with one key', () => {
    const variants = ['on', 'off', 'on'].map((key) => ({ key, value: true }))

    expect(issuesOf(state, ...newFlag('c', { variants }))).toEqual([
      {
        path: 'flag:c.variants.2.key',
        message: 'Two variants have the key "on". Rename one of them.',
      },
    ])
  })
})

describe('validate, on prerequisites', () => {
  test.for([
    [
      'a flag that does not exist',
      [flag('b', { ...needs('gone'), clientVisible: true })],
      'flag:b.prerequisites.0',
      'Flag "b" has the prerequisite "gone", which does not exist.',
    ],
    [
      'a flag that is archived',
      [flag('b', { ...needs('old'), clientVisible: true })],
      'flag:b.prerequisites.0',
      'which is archived',
    ],
    [
      'a variant that does not exist',
      [flag('c', { prerequisites: [{ flag: 'a', variants: ['on', 'blue'] }] })],
      'flag:c.prerequisites.0',
      'with the variant "blue"',
    ],
    [
      'what clients do not see',
      [...newFlag('c'), flag('b', { ...needs('c'), clientVisible: true })],
      'flag:b.prerequisites.0',
      'which is not visible to clients, but "b" is',
    ],
    [
      'what is archived with the same change',
      [flag('b', { ...archived, clientVisible: true })],
      'flag:b',
      'Flag "a" has the prerequisite "b", which is archived',
    ],
    [
      'what loses the variant',
      [flag('b', { clientVisible: true, variants: [{ key: 'off', value: false }] })],
      'flag:b',
      'Flag "a" has the prerequisite "b" with the variant "on"',
    ],
    [
      'what clients shall not see any more',
      [flag('b')],
      'flag:b',
      'Set the same "clientVisible" for both.',
    ],
  ] as const)('refuses %s', ([, edits, path, message]) => {
    expect(issuesOf(state, ...edits)).toContainEqual({
      path,
      message: expect.stringContaining(message),
    })
  })

  test('ignores the prerequisites of archived flags until they are restored', () => {
    const retired = edited(state, flag('a', { ...needs('b'), ...archived }), flag('b', archived))

    expect(issuesOf(state, flag('a', { ...needs('b'), ...archived }), flag('b', archived))).toEqual(
      [],
    )
    expect(issuesOf(retired, flag('a', needs('b')))).toEqual([
      { path: 'flag:a.prerequisites.0', message: expect.stringContaining('which is archived') },
    ])
    expect(issuesOf(retired, flag('a', needs('b')), flag('b'))).toEqual([])
  })

  test('does not report older issues of other flags', () => {
    const broken = edited(state, flag('a', needs('gone')))

    expect(issuesOf(broken, ...newFlag('c'))).toEqual([])
  })

  test('names the cycle that an edit closes', () => {
    const issues = issuesOf(state, flag('b', { ...needs('a'), clientVisible: true }))

    expect(issues.map(({ path }) => path)).toEqual(['flag:a.prerequisites', 'flag:b.prerequisites'])
    expect(issues[0]!.message).toBe(
      'Flag "a" would be its own prerequisite: a → b → a. Remove one of these prerequisites.',
    )
  })

  test('refuses a flag that is its own prerequisite', () => {
    expect(issuesOf(state, ...newFlag('c', needs('c')))).toEqual([
      { path: 'flag:c.prerequisites', message: expect.stringContaining('c → c') },
    ])
  })

  test('accepts diamonds and duplicate prerequisites', () => {
    const edits = [
      ...newFlag('bottom'),
      ...newFlag('left', needs('bottom')),
      ...newFlag('right', needs('bottom', 'bottom')),
      ...newFlag('top', needs('left', 'right')),
    ]

    expect(issuesOf(state, ...edits)).toEqual([])
  })

  describe('given a chain of the maximum length', () => {
    const chainOf = (length: number) =>
      Array.from({ length }, (_, i) => newFlag(`f${i}`, i === 0 ? {} : needs(`f${i - 1}`))).flat()
    const chain = edited(state, ...chainOf(LIMITS.prerequisiteDepth + 1))

    test('accepts it', () => {
      expect(issuesOf(state, ...chainOf(LIMITS.prerequisiteDepth + 1))).toEqual([])
      expect(issuesOf(chain, flag('f2', { ...needs('f1'), description: 'x' }))).toEqual([])
    })

    test('refuses one more flag on top', () => {
      expect(issuesOf(chain, ...newFlag('top', needs('f5')))).toEqual([
        {
          path: 'flag:top.prerequisites',
          message:
            'The prerequisites of flag "top" would be 6 levels deep: top → f5 → f4 → f3 → f2 → f1 → f0. Shorten the chain to 5 levels.',
        },
      ])
    })

    test('refuses one more flag at the bottom, and names the affected flag at the top', () => {
      const issues = issuesOf(chain, ...newFlag('bottom'), flag('f0', needs('bottom')))

      expect(issues).toEqual([
        { path: 'flag:f5.prerequisites', message: expect.stringContaining('f0 → bottom') },
      ])
    })

    test.for([[['short', 'f5']], [['f5', 'short']]] as const)(
      'finds the longest of several chains: %s',
      ([keys]) => {
        const wide = edited(
          furnished(),
          ...newFlag('short'),
          ...chainOf(LIMITS.prerequisiteDepth + 1),
        )

        expect(issuesOf(wide, ...newFlag('top', needs(...keys)))).toEqual([
          { path: 'flag:top.prerequisites', message: expect.stringContaining('top → f5') },
        ])
      },
    )

    test('does not report chains that were too deep before', () => {
      const tooDeep = edited(chain, ...newFlag('top', needs('f5')))

      expect(issuesOf(tooDeep, ...newFlag('c'))).toEqual([])
      expect(issuesOf(tooDeep, flag('top'))).toEqual([])
    })

    test('checks thousands of flags in linear time and without a stack overflow', () => {
      const edits = chainOf(10_000)
      const start = performance.now()

      const issues = issuesOf(furnished(), ...edits)

      expect(issues.length).toBeGreaterThan(0)
      expect(issues.length).toBeLessThan(50)
      expect(issues.at(-1)!.message).toMatch(/→ …/)
      expect(performance.now() - start).toBeLessThan(5_000)
    })
  })
})
