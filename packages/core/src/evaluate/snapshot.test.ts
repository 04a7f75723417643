import { expect, test } from 'vitest'
import { contexts, rulesets } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  type EvaluationContext,
  evaluate,
  type Prepared,
  prepare,
  type ResolutionDetails,
  snapshot,
} from '../index.ts'
import { resolutionOf } from './evaluate.ts'

const now = () => Date.parse('2026-11-20T08:00:00Z')

/**
 * The parts of a result that a snapshot keeps. It drops error texts, the detail of a missing unit,
 * and the plan of units without an arm.
 */
function kept({ value, variant, reason, errorCode, flagMetadata }: ResolutionDetails) {
  if (errorCode !== undefined) return reason
  const { arm, ruleId } = flagMetadata
  // A context that matches a segment of a rollout has no rule id.
  const isNamed = arm === undefined && ruleId !== 'snapshot'
  // As text: JSON knows no -0.
  const text = JSON.stringify(value)
  return { text, variant, reason, arm, ruleId: isNamed ? ruleId : undefined }
}

const exposureOf = (prepared: Prepared, key: string, context: EvaluationContext) => {
  const { variant, parts, flagMetadata } = resolutionOf(prepared, key, context) ?? {}
  const { revision, unit } = parts ?? {}
  return { variant, revision, by: unit?.by, salt: unit?.salt, arm: flagMetadata?.arm }
}

test('a snapshot returns the resolutions and exposures of its ruleset for its context', () => {
  fc.assert(
    fc.property(rulesets, contexts, fc.string(), (ruleset, some, targetingKey) => {
      const context = { targetingKey, ...some }
      const prepared = prepare(ruleset, { now })
      const taken = JSON.parse(
        JSON.stringify(snapshot(prepared, context, Object.keys(ruleset.flags))),
      )
      const decided = prepare(taken, { now })

      for (const [key, { type }] of Object.entries(ruleset.flags)) {
        const fallback = { boolean: false, string: '', number: 0, json: {} }[type]
        const expected = evaluate(prepared, key, context, fallback)
        const found = evaluate(decided, key, context, fallback)
        expect(kept(found)).toEqual(kept(expected))
        expect(exposureOf(decided, key, context)).toEqual(exposureOf(prepared, key, context))
      }
      expect(taken.segments).toEqual({})
      expect(JSON.stringify(taken.flags)).not.toContain('instances')
    }),
    { numRuns: 1_000 },
  )
})

test('a snapshot contains the flags that clients see by default', () => {
  const flag = {
    type: 'boolean' as const,
    variants: { on: true },
    on: true,
    off: 'on',
    fallthrough: { variant: 'on' },
    revision: 1,
  }
  const flags = { open: flag, secret: { ...flag, serverOnly: true as const } }
  const ruleset = {
    spec: 1 as const,
    project: 'shop',
    scope: 'production',
    epoch: 'e1',
    version: 7,
    flags,
    segments: {},
  }
  const keysOf = (...keys: string[][]) => Object.keys(snapshot(prepare(ruleset), {}, ...keys).flags)

  expect([keysOf(), keysOf(['secret'])]).toEqual([['open'], ['secret']])
})

test('a snapshot contains the requested flags, each with only the served variant', () => {
  const flag = (on: boolean) => ({
    type: 'string' as const,
    variants: { old: 'secret plan A', next: 'plan B' },
    on,
    off: 'old',
    fallthrough: { variant: 'next' },
    revision: 3,
  })
  const ruleset = {
    spec: 1 as const,
    project: 'shop',
    scope: 'production',
    epoch: 'e1',
    version: 7,
    flags: { a: flag(true), b: flag(false) },
    segments: {},
  }
  const taken = snapshot(prepare(ruleset), { targetingKey: 'ada' }, ['a', 'nope'])

  expect(taken).toEqual({
    spec: 1,
    project: 'shop',
    scope: 'production',
    epoch: 'snapshot',
    version: 0,
    flags: {
      a: {
        type: 'string',
        variants: { next: 'plan B' },
        on: true,
        off: 'next',
        fallthrough: { variant: 'next' },
        revision: 3,
      },
    },
    segments: {},
  })
})
