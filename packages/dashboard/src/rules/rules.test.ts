import { describe, expect, test } from 'vitest'
import { rebased } from './rebase.ts'
import { addRule, duplicateRule, moveRule } from './rule-list.ts'
import { isSame, settingsOf, viewOf } from './settings.ts'
import { noteDiff, settingsDiff } from './settings-diff.ts'
import { bucketsOf, moveBorder, partsOf, resizePart } from './split.ts'

const rule = (id: string, variant: string, plan = id) => ({
  id,
  when: [[{ attribute: 'plan', op: 'in' as const, values: [plan] }]],
  serve: { variant },
})
const [pro, team, free] = [rule('pro', 'on'), rule('team', 'on'), rule('free', 'off')] as const

describe('settings', () => {
  const layers = {
    '*': { on: false, off: 'off' },
    production: { on: true, rules: [pro], killed: { at: '', by: 'Ada', reason: '' } },
  }

  test('are inherited member by member, with the scope that sets each', () => {
    const { settings, origins } = viewOf({ on: false, rollout: null }, 'production/acme', layers)
    expect(settings).toEqual({ on: false, off: 'off', rules: [pro], rollout: null })
    expect(origins).toEqual({
      on: 'production/acme',
      off: '*',
      rules: 'production',
      rollout: 'production/acme',
    })
  })

  test('of a layer leave out its kill, and the age of its note', () => {
    const note = { reason: 'Pilot' }
    expect(settingsOf({ ...layers.production, note: { ...note, expired: true } })).toEqual({
      on: true,
      rules: [pro],
      note,
    })
  })

  test('are the same in any order of their members', () => {
    expect(isSame({ on: true, off: 'off' }, { off: 'off', on: true })).toBe(true)
    expect(isSame({ rollout: null }, {})).toBe(false)
  })
})

describe('rules', () => {
  test('are added, copied and moved, each with an id of its own', () => {
    const added = addRule([pro, rule('rule-3', 'on')], 'on')
    const rules = duplicateRule(added, 0)
    expect(rules.map(({ id }) => id)).toEqual(['pro', 'rule-5', 'rule-3', 'rule-4'])
    expect(moveRule([pro, team, free], 0, 2)).toEqual([team, free, pro])
    expect(moveRule([pro, team], 0, -1)).toEqual([pro, team])
  })
})

describe('a split', () => {
  const parts = partsOf({ weights: { on: 20_000, grey: 30_000, off: 50_000 } }, [
    'on',
    'grey',
    'off',
    'new',
  ])
  const sizes = (all: typeof parts) => all.map(({ buckets }) => buckets)

  test('moves a border between two parts, and stops at their ends', () => {
    expect(sizes(moveBorder(parts, 0, 25_000))).toEqual([25_000, 25_000, 50_000, 0])
    expect(sizes(moveBorder(parts, 1, 0))).toEqual([20_000, 0, 80_000, 0])
    expect(sizes(moveBorder(parts, 2, 200_000))).toEqual(sizes(parts))
  })

  test('gives and takes a difference in the order of the parts, and stays whole', () => {
    expect(sizes(resizePart(parts, 0, 60_000))).toEqual([60_000, 0, 40_000, 0])
    expect(sizes(resizePart(parts, 2, 10_000))).toEqual([20_000, 30_000, 10_000, 40_000])
    expect(sizes(resizePart(parts, 3, 100_000))).toEqual([0, 0, 0, 100_000])
  })

  test('reads percentages down to one bucket', () => {
    expect(['12.5', '0,001', '100', ' 7 '].map(bucketsOf)).toEqual([12_500, 1, 100_000, 7_000])
    expect(['', '101', '0.0001', '-1', 'x'].map(bucketsOf)).toEqual(Array(5).fill(undefined))
  })
})

describe('an edit on newer settings', () => {
  test('keeps the edited members, and takes the others', () => {
    const base = { on: true, off: 'off' }
    expect(
      rebased({ base, edited: { on: false, off: 'off' } }, { on: true, off: 'grey', rules: [pro] }),
    ).toEqual({ on: false, off: 'grey', rules: [pro] })
    expect(rebased({ base, edited: { off: 'off' } }, base)).toEqual({ off: 'off' })
  })

  test('keeps an edited or deleted note, and takes that of another person', () => {
    const [mine, theirs] = [{ reason: 'Pilot' }, { reason: 'Contract', owner: 'Dan' }]
    const base = { on: true, note: { reason: 'Trial' } }
    const newer = { ...base, note: theirs }
    expect(rebased({ base, edited: { ...base, note: mine } }, newer).note).toEqual(mine)
    expect(rebased({ base, edited: { on: true } }, newer)).toEqual({ on: true })
    expect(rebased({ base, edited: { ...base, on: false } }, newer).note).toEqual(theirs)
  })

  test('merges rules one by one', () => {
    const base = { rules: [pro, team] }
    const edited = { rules: [free, team, rule('pro', 'off')] }
    const newer = { rules: [pro, rule('team', 'off'), rule('new', 'on')] }
    expect(rebased({ base, edited }, newer).rules).toEqual([
      free,
      rule('team', 'off'),
      rule('pro', 'off'),
      rule('new', 'on'),
    ])
    expect(rebased({ base, edited }, { rules: [] }).rules).toEqual([free, rule('pro', 'off')])
  })
})

describe('a difference in words', () => {
  const configuration = { on: true, off: 'off', fallthrough: { variant: 'off' } }
  const provenance = { on: '*', off: '*', fallthrough: 'default' }
  const resolved = (members: object, sources = {}) => ({
    configuration: { ...configuration, ...members },
    provenance: { ...provenance, ...sources },
  })

  test('names each rule once, and the scope that sets them', () => {
    const before = resolved({ rules: [pro, free] }, { rules: 'production' })
    const after = resolved({ rules: [rule('pro', 'off'), team] }, { rules: 'production/acme' })
    expect(settingsDiff(before, after)).toEqual([
      { member: 'rule 1', before: 'If plan is pro: on', after: 'If plan is pro: off' },
      { member: 'rule 2', after: 'If plan is team: on' },
      { member: 'rule 2 so far', before: 'If plan is free: off' },
      { member: 'source of rules', before: 'production', after: 'production/acme' },
    ])
  })

  test('shows the note with its owner and end', () => {
    const note = { reason: 'Acme tests it first', owner: 'Dan', expiresAt: '2027-01-31T12:00:00Z' }
    const after = 'Dan, until 31 Jan 2027: Acme tests it first'
    expect(noteDiff({}, { note })).toEqual([{ member: 'note', after }])
    expect(noteDiff({ note: { ...note, expired: true } }, { note: { reason: 'Pilot' } })).toEqual([
      {
        member: 'note',
        before: 'Dan, expired 31 Jan 2027: Acme tests it first',
        after: 'Pilot',
      },
    ])
    expect(noteDiff({ note }, { note })).toEqual([])
  })

  test('says that rules change places only', () => {
    const [before, after] = [
      [pro, team],
      [team, pro],
    ].map((rules) => resolved({ rules }))
    expect(settingsDiff(before!, after!)).toEqual([
      {
        member: 'order of rules',
        before: 'plan is pro; plan is team',
        after: 'plan is team; plan is pro',
      },
    ])
  })

  test('shows switch, rollout and default', () => {
    const rollout = { by: 'targetingKey', salt: 's', share: 12_500, serve: { variant: 'on' } }
    const after = resolved({ on: false, rollout, fallthrough: { variant: 'on' } })
    expect(settingsDiff(resolved({}), after)).toEqual([
      {
        member: 'switch',
        before: 'on; when off, off',
        after: 'off, so that every context gets off',
      },
      { member: 'rollout', after: '12.5 % by targetingKey: on' },
      { member: 'default', before: 'off', after: 'on' },
    ])
  })
})
