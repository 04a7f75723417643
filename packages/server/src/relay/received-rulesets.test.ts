import { diff, type Ruleset, type RulesetFlag } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { rulesets } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { runInTurns } from '../pause.ts'
import type { RulesetUpdate } from '../rulesets/rulesets.ts'
import { createReceivedRulesets } from './received-rulesets.ts'
import { createRulesetCopy } from './ruleset-copy.ts'

const copyOf = (ruleset: Ruleset) => JSON.parse(JSON.stringify(ruleset)) as Ruleset

/** Rulesets of a connection, as a poll delivers them, and the updates that they led to. */
function givenReceived() {
  const updates: RulesetUpdate[] = []
  const copy = createRulesetCopy(undefined, () => undefined)
  const received = createReceivedRulesets(copy, (update) => updates.push(update))
  const poll = async (ruleset: Ruleset) => {
    const parsed = copyOf(ruleset)
    await runInTurns(received.compare(parsed))
    received.store.put(parsed)
  }
  return { received, updates, poll }
}

describe('a whole ruleset', () => {
  test('of a later version leads to the bytes of that version, and to its patch', async () => {
    await fc.assert(
      fc.asyncProperty(rulesets, rulesets, async (one, other) => {
        const later = { ...other, epoch: one.epoch, version: one.version + 1 }
        const { received, updates, poll } = givenReceived()
        await poll(one)
        await poll(later)
        expect(updates.map(({ patch }) => patch)).toEqual([undefined, diff(one, later)])
        expect(JSON.stringify(received.published!.ruleset)).toBe(JSON.stringify(later))
      }),
    )
  })

  test('of the same version leads to an update only if its items differ', async () => {
    await fc.assert(
      fc.asyncProperty(rulesets, async (one) => {
        const { updates, poll } = givenReceived()
        for (const ruleset of [one, one, { ...one, segments: {}, flags: {} }]) await poll(ruleset)
        const isEmpty = Object.keys({ ...one.flags, ...one.segments }).length === 0
        expect(updates.map(({ patch }) => patch)).toEqual(Array(isEmpty ? 1 : 2).fill(undefined))
      }),
    )
  })

  test('of another log leads to no patch', async () => {
    const [one] = fc.sample(rulesets, 1) as [Ruleset]
    const { updates, poll } = givenReceived()
    for (const [epoch, version] of [
      ['a', 1],
      ['b', 2],
      ['b', 1],
    ] as const)
      await poll({ ...one, epoch, version })
    expect(updates.map(({ patch }) => patch)).toEqual([undefined, undefined, undefined])
  })

  test('is compared item by item, and shares those that are equal', async () => {
    const flag: RulesetFlag = {
      ...{ type: 'boolean', variants: { on: true, off: false }, on: true, off: 'off' },
      ...{ fallthrough: { variant: 'on' }, revision: 1 },
    }
    const one: Ruleset = {
      ...{ spec: 1, project: 'shop', scope: 'production', epoch: 'e', version: 1 },
      flags: { a: flag, b: flag },
      segments: { testers: { include: ['ada'], exclude: [], when: [] } },
    }
    const { received, poll } = givenReceived()
    await poll(one)
    const { ruleset: before } = received.published!
    const later = copyOf({ ...one, version: 2, flags: { a: flag, b: { ...flag, revision: 2 } } })

    expect([...received.compare(later)]).toHaveLength(3)
    received.store.put(later)

    const { flags, segments } = received.published!.ruleset
    expect(flags.a).toBe(before.flags.a)
    expect(flags.b).not.toBe(before.flags.b)
    expect(segments.testers).toBe(before.segments.testers)
  })
})

test('a value that is no ruleset is compared with none', () => {
  const { received } = givenReceived()
  for (const value of [null, 7, 'x', [], {}, { epoch: 'e', version: 2, flags: null }])
    expect([...received.compare(value)]).toEqual([])
})
