import { describe, expect, test } from 'vitest'
import { causeGroups, causeText } from './cause-texts.ts'
import { columnsOf } from './columns.ts'
import { comparedText, driftSentence, scopeChoices, scopeLabels } from './compared-scopes.ts'
import { cellsOf, selectedCells } from './drift-cells.ts'
import type { DriftCause, DriftFlag } from './drift-requests.ts'
import { alignEdits } from './reference.ts'

const ACME = 'production/acme'
const SCOPES = [ACME, 'production/globex', 'production/hooli', 'production/initech']

/** A flag that differs at positions of the scopes by causes. */
function drifting(causes: Readonly<Record<number, DriftCause>>, key = 'checkout'): DriftFlag {
  const differs = Object.entries(causes).map(([position, cause]) => ({
    position: Number(position),
    configuration: 1,
    cause,
  }))
  const unexplained = differs.filter(({ cause }) => cause.kind === 'layer').length
  const flag = { key, kind: 'release', description: '', owner: '', tags: {} } as const
  return { ...flag, cells: '+-+-', own: [], unexplained, differs }
}

const layer: DriftCause = { kind: 'layer', scope: ACME }
const override: DriftCause = { kind: 'override', scope: ACME, reason: 'Pilot' }

describe('a comparison', () => {
  const environments = ['production', 'staging']

  test('is by default of the instances of the most important environment', () => {
    const choices = scopeChoices({ environments, hasInstances: true, bound: undefined })
    expect(choices.map(({ scopes }) => scopes)).toEqual([
      'production/*',
      'staging/*',
      'production,staging',
    ])
  })

  test('is of environments in a project without instances', () => {
    const choices = scopeChoices({ environments, hasInstances: false, bound: undefined })
    expect(choices).toEqual([{ scopes: 'production,staging', text: 'environments' }])
    const single = { environments: ['production'], hasInstances: false, bound: undefined }
    expect(scopeChoices(single)[0]?.scopes).toBe('production/*')
  })

  test('shows the key of an instance what it sees: this instance and its environment', () => {
    const choices = scopeChoices({ environments: ['production'], hasInstances: true, bound: ACME })
    expect(choices).toEqual([{ scopes: `production,${ACME}`, text: 'acme and production' }])
  })

  test('names instances of one environment in short, and all others in full', () => {
    expect(scopeLabels(SCOPES)).toEqual(['acme', 'globex', 'hooli', 'initech'])
    expect(comparedText(SCOPES)).toBe('4 instances of production')
    expect(scopeLabels(['production', ACME])).toEqual(['production', 'acme'])
    const mixed = ['production', ACME, 'staging/acme']
    expect(scopeLabels(mixed)).toEqual(mixed)
    expect(comparedText(mixed)).toBe('3 scopes')
  })
})

test.for([
  [0, 0, undefined],
  [3, 0, 'In 4 instances of production, 3 flags differ, each with an explanation.'],
  [1, 1, 'In 4 instances of production, 1 flag differs without an explanation.'],
  [3, 2, 'In 4 instances of production, 2 flags differ without an explanation, and 1 with one.'],
] as const)('of %d flags, %d differ without an explanation', ([total, unexplained, sentence]) => {
  expect(driftSentence({ scopes: SCOPES, total, unexplained })).toBe(sentence)
})

describe('a cause in words', () => {
  test.for<[DriftCause, string]>([
    [layer, 'the settings of production/acme have no note'],
    [{ kind: 'layer' }, 'no note'],
    [override, 'override: Pilot'],
    [
      { ...override, owner: 'Dan', expiresAt: '2027-01-31T12:00:00Z' },
      'override of Dan until 31 Jan 2027: Pilot',
    ],
    [
      { ...override, kind: 'expired', expiresAt: '2026-01-31T12:00:00Z' },
      'override expired on 31 Jan 2026: Pilot',
    ],
    [{ kind: 'rollout', rollout: 'r1', owner: 'Eve', reason: 'Slow' }, 'quarantined by Eve: Slow'],
    [{ kind: 'rollout', rollout: 'r1' }, ''],
    [{ kind: 'rule' }, 'a rule selects the instance or its tags'],
    [{ kind: 'killed', scope: ACME, owner: 'Ada' }, 'killed by Ada in production/acme'],
    [{ kind: 'retired', scope: ACME }, 'production/acme is retired'],
  ])('%j', ([cause, text]) => {
    expect(causeText(cause)).toBe(text)
  })

  test('of several scopes is its kind, the unexplained ones first', () => {
    const rollout: DriftCause = { kind: 'rollout', rollout: 'r1', reason: 'Slow' }
    const row = drifting({ 0: override, 1: rollout, 2: layer, 3: layer })
    expect(causeGroups(row, scopeLabels(SCOPES))).toEqual([
      { scopes: 'hooli and initech', text: 'no note' },
      { scopes: 'acme', text: 'override: Pilot' },
      { scopes: 'globex', rollout: 'r1', text: 'Slow' },
    ])
    const fast = { ...rollout, reason: 'Fast' }
    const moved = drifting({ 0: rollout, 1: fast, 2: override, 3: override })
    expect(causeGroups(moved, scopeLabels(SCOPES))).toEqual([
      { scopes: 'hooli and initech', text: 'override' },
      { scopes: 'acme and globex', rollout: 'r1', text: '' },
    ])
  })
})

describe('the cells of a flag', () => {
  test('are its unexplained differences, or all if each is explained', () => {
    const scopesOf = (row: DriftFlag) => cellsOf(row, SCOPES).map(({ scope }) => scope)
    expect(scopesOf(drifting({ 0: override, 3: layer }))).toEqual(['production/initech'])
    expect(scopesOf(drifting({ 0: override }))).toEqual([ACME])
  })

  test('of a selection are those of flags and scopes on screen, with their causes of now', () => {
    const rows = [drifting({ 0: override, 3: layer })]
    const targets = [
      { flag: 'checkout', scope: SCOPES[3] },
      { flag: 'checkout', scope: SCOPES[1] },
      { flag: 'checkout', scope: 'production/umbrella' },
      { flag: 'theme', scope: ACME },
    ]
    expect(selectedCells(targets, rows, SCOPES)).toEqual([
      { flag: 'checkout', scope: 'production/initech', cause: layer },
      { flag: 'checkout', scope: 'production/globex', cause: undefined },
    ])
  })

  test('are aligned with most scopes of their flag, or with a reference that stays', () => {
    const flags = [drifting({ 0: layer }), drifting({ 1: layer }, 'theme')]
    const cells = flags.flatMap((row) => cellsOf(row, SCOPES))
    expect(alignEdits(cells, { flags, scopes: SCOPES }, undefined)).toEqual([
      { flag: 'checkout', scope: ACME, align: 'production/globex' },
      { flag: 'theme', scope: 'production/globex', align: ACME },
    ])
    expect(alignEdits(cells, { flags, scopes: SCOPES }, ACME)).toEqual([
      { flag: 'theme', scope: 'production/globex', align: ACME },
    ])
  })
})

test('a grid has at most 50 scopes, those with the most unexplained differences', () => {
  const causes = { 3: override, 90: layer, 98: override }
  const columns = columnsOf({
    rows: [drifting(causes), drifting({ 3: override }, 'theme')],
    scopes: 100,
    isNarrow: false,
  })
  const positions = columns.flatMap((column) => (column.kind === 'scope' ? column.position : []))
  expect(positions).toHaveLength(50)
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(positions).toEqual(expect.arrayContaining([3, 90, 98]))
  expect(columnsOf({ rows: [], scopes: 4, isNarrow: true })).toEqual([{ kind: 'flag' }])
})
