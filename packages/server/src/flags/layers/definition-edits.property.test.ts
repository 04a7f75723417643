import { evaluate, prepare } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { flag, givenShop, on, outcomeOf, writeOf } from '../../../test/shop.ts'
import type { Write } from '../../projects/projects.ts'
import { updateFlag } from '../plan.ts'
import type { FlagPatch } from '../schemas.ts'
import { movedBucketsOf } from './moved-buckets.ts'
import { setLayer } from './plan.ts'
import type { LayerInput } from './schemas.ts'

const SCOPE = 'production/acme'
const TARGET = { project: 'shop', flag: 'layout' }
const PEOPLE = Array.from({ length: 1_000 }, (_, i) => ({ targetingKey: `user-${i}` }))
const VARIANTS = ['a', 'b', 'c']

const percents = fc.integer({ min: 1, max: 99 })
const split = percents.map((a) => ({ percent: { a, b: 100 - a } }))
const layers: fc.Arbitrary<LayerInput> = fc.oneof(
  split.map((fallthrough) => ({ on: true, off: 'c', fallthrough })),
  percents.map((percent) => ({
    ...{ on: true, off: 'c' },
    rollout: { percent, variant: 'a' },
    fallthrough: { variant: 'b' },
  })),
  fc.constantFrom(...VARIANTS).map((variant) => ({ on: true, off: 'c', fallthrough: { variant } })),
  fc.constant({ on: false, off: 'c' }),
)

const values = fc.tuple(...VARIANTS.map((key) => fc.constantFrom(key, 'another')))
const accepted = fc.uniqueArray(fc.constantFrom(...VARIANTS), { minLength: 1 })

/** A flag, and another one that it can require, each with a layer. */
async function given(own: LayerInput, other: LayerInput) {
  const { projects } = await givenShop()
  const variants = VARIANTS.map((key) => ({ key, value: key }))
  const [creation, caller] = writeOf(
    [TARGET.flag, 'gate'].flatMap((key) => [
      flag(key, { type: 'string', variants }),
      on(key, '*', { on: false }),
    ]),
  )
  await projects.commit(creation, caller)
  const commit = async (write: Write) => outcomeOf(await projects.commit(write, caller))
  await commit(setLayer({ ...TARGET, scope: SCOPE }, own))
  const { state } = await commit(setLayer({ ...TARGET, flag: 'gate', scope: SCOPE }, other))
  return { state, commit }
}

function served(state: ProjectState): readonly unknown[] {
  const prepared = prepare(compile(state, { scope: SCOPE, audience: 'server', epoch: 'e1' }))
  return PEOPLE.map((person) => evaluate(prepared, TARGET.flag, person, '').value)
}

const shareMoved = (before: ProjectState, after: ProjectState) => {
  const [was, is] = [served(before), served(after)]
  return was.filter((value, i) => value !== is[i]).length / PEOPLE.length
}

const counted = (before: ProjectState, after: ProjectState) =>
  movedBucketsOf([before, after], TARGET.flag)(SCOPE) / 100_000

/** Error of a share among 1,000 people. */
const ERROR = 0.06

describe('the preview of a definition', () => {
  test('counts the people that get another value', async () => {
    await fc.assert(
      fc.asyncProperty(layers, values, async (own, next) => {
        const { state: before, commit } = await given(own, { on: false })
        const variants = VARIANTS.map((key, i) => ({ key, value: next[i]! }))
        const { state: after } = await commit(updateFlag(TARGET, { variants }))
        expect(Math.abs(counted(before, after) - shareMoved(before, after))).toBeLessThan(ERROR)
      }),
    )
  })

  test('counts at least the people that a prerequisite moves', async () => {
    const patches: fc.Arbitrary<FlagPatch> = fc
      .option(accepted, { nil: undefined })
      .map((variants) => ({ prerequisites: variants ? [{ flag: 'gate', variants }] : [] }))
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(layers, layers),
        fc.array(fc.oneof(patches, values.map(variantsOf)), { minLength: 1, maxLength: 4 }),
        async ([own, gate], edits) => {
          let { state: before, commit } = await given(own, gate)
          for (const patch of edits) {
            const { state: after } = await commit(updateFlag(TARGET, patch))
            expect(shareMoved(before, after)).toBeLessThan(counted(before, after) + ERROR)
            before = after
          }
        },
      ),
    )
  })

  test('counts nobody where a prerequisite is always met, and all where it never is', async () => {
    const all = { on: true, off: 'c', fallthrough: { variant: 'a' } }
    const { state: before, commit } = await given(all, all)
    const edit = (variants: string[]) =>
      commit(updateFlag(TARGET, { prerequisites: [{ flag: 'gate', variants }] }))
    const { state: met } = await edit(['a'])
    expect(counted(before, met)).toBe(0)
    const { state: unmet } = await edit(['b'])
    expect(counted(before, unmet)).toBe(1)
    expect(shareMoved(before, unmet)).toBe(1)
  })
})

function variantsOf(next: readonly string[]): FlagPatch {
  return { variants: VARIANTS.map((key, i) => ({ key, value: next[i]! })) }
}
