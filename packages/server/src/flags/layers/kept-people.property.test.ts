import { evaluate, prepare } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { flag, givenShop, on, outcomeOf, writeOf } from '../../../test/shop.ts'
import type { Write } from '../../projects/projects.ts'
import { movedBucketsOf } from './moved-buckets.ts'
import { deleteLayer, setLayer, updateLayer } from './plan.ts'
import type { LayerInput } from './schemas.ts'

const TARGET = { project: 'shop', flag: 'layout', scope: 'production/acme' }
const PEOPLE = Array.from({ length: 1_000 }, (_, i) => ({ targetingKey: `user-${i}`, plan: 'pro' }))
const WHEN: NonNullable<LayerInput['rules']>[number]['when'] = [
  [{ attribute: 'plan', op: 'in', values: ['pro'] }],
]

const percents = fc.integer({ min: 1, max: 99 })
const splits = percents.map((a) => ({ percent: { a, b: 100 - a } }))
const rollouts = fc.record({ percent: percents, variant: fc.constant('a') })
const fixed = fc.constant({ variant: 'b' })

/** Layers that say all that they serve; a rule has no id. */
const layers: fc.Arbitrary<LayerInput> = fc.oneof(
  rollouts.map((rollout) => ({ on: true, rollout, fallthrough: { variant: 'b' } })),
  fc.tuple(rollouts, splits).map(([rollout, fallthrough]) => ({ on: true, rollout, fallthrough })),
  fc.oneof(splits, fixed).map((fallthrough) => ({ on: true, fallthrough })),
  splits.map((serve) => ({
    on: true,
    rules: [{ when: WHEN, serve }],
    fallthrough: { variant: 'b' },
  })),
  fc.constant({ on: false, rollout: null }),
)

/** A flag without rules and rollout, whose variants are `a`, `b` and `c`. */
async function given(base = {}) {
  const { projects } = await givenShop()
  const variants = ['a', 'b', 'c'].map((key) => ({ key, value: key }))
  const created = [flag('layout', { type: 'string', variants }), on('layout', '*', { on: false })]
  const [creation, caller] = writeOf(created)
  await projects.commit(creation, caller)
  const commit = async (write: Write) => outcomeOf(await projects.commit(write, caller))
  if (Object.keys(base).length > 0) await commit(setLayer({ ...TARGET, scope: 'production' }, base))
  return { projects, commit, preview: (write: Write) => projects.preview(write, caller) }
}

function served(state: ProjectState, people = PEOPLE): readonly (string | undefined)[] {
  const prepared = prepare(compile(state, { ...TARGET, audience: 'server', epoch: 'e1' }))
  return people.map((person) => evaluate(prepared, 'layout', person, '').variant)
}

describe('a layer, for any writes', () => {
  test('changes nothing when it is written again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(layers, { minLength: 1, maxLength: 5 }), async (writes) => {
        const { commit } = await given()
        for (const layer of writes) {
          await commit(setLayer(TARGET, layer))
          expect((await commit(setLayer(TARGET, layer))).change).toBeUndefined()
          expect((await commit(updateLayer(TARGET, layer))).change).toBeUndefined()
        }
      }),
    )
  })

  test('serves the same people whenever the same settings return', async () => {
    const step = fc.option(layers, { freq: 4 }) // Without settings, the layer is deleted.
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
        const { commit } = await given({ rollout: { percent: 30, variant: 'c' } })
        const first = new Map<string, readonly (string | undefined)[]>()
        await commit(setLayer(TARGET, { on: false }))
        for (const layer of [...steps, ...steps]) {
          const write = layer ? setLayer(TARGET, { rollout: null, ...layer }) : deleteLayer(TARGET)
          const { state } = await commit(write)
          const name = JSON.stringify(layer)
          expect(served(state)).toEqual(first.get(name) ?? served(state))
          first.set(name, served(state))
          if (layer === null) await commit(setLayer(TARGET, { on: false }))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('moves as many people as the preview says', async () => {
    await fc.assert(
      fc.asyncProperty(layers, layers, async (first, second) => {
        const { commit, preview, projects } = await given()
        await commit(setLayer(TARGET, first))
        const write = setLayer(TARGET, second)
        const before = projects.get('shop').state
        const { state: after } = await preview(write)

        const [was, is] = [served(before), served(after)]
        const share = was.filter((variant, i) => variant !== is[i]).length / PEOPLE.length

        // All people match the rule, but the preview counts the contexts where most move.
        const moved = movedBucketsOf([before, after], TARGET.flag)(TARGET.scope) / 100_000
        const isTargeted = first.rules ?? second.rules
        expect(share).toBeLessThan(moved + 0.06)
        expect(share).toBeGreaterThan(isTargeted ? -1 : moved - 0.06)
        expect(served((await commit(write)).state)).toEqual(is)
      }),
      { numRuns: 200 },
    )
  })

  test('keeps three variants where it returns by one step, or was removed', async () => {
    const three = fc
      .tuple(percents, percents)
      .map((all) => [...all].sort((a, b) => a - b) as [number, number])
      .map(([x, y]) => ({ on: true, fallthrough: { percent: { a: x, b: y - x, c: 100 - y } } }))
    await fc.assert(
      fc.asyncProperty(fc.array(three, { minLength: 2, maxLength: 5 }), async (writes) => {
        const { commit } = await given()
        let state = (await commit(setLayer(TARGET, writes[0]!))).state
        for (const [i, layer] of writes.slice(1).entries()) {
          const before = served(state)
          await commit(setLayer(TARGET, layer))
          expect(served((await commit(setLayer(TARGET, writes[i]!))).state)).toEqual(before)
          state = (await commit(setLayer(TARGET, layer))).state
          const after = served(state)
          await commit(deleteLayer(TARGET))
          expect(served((await commit(setLayer(TARGET, layer))).state)).toEqual(after)
        }
      }),
    )
  })
})

describe('the salts of layers', () => {
  const rollout = { percent: 50, variant: 'a' }
  const layer: LayerInput = { on: true, rollout }

  test('differ between scopes, flags and purposes', async () => {
    const { commit } = await given()
    const split = { percent: { a: 50, b: 50 } }
    await commit(setLayer(TARGET, { ...layer, fallthrough: split }))
    const { state } = await commit(
      setLayer({ ...TARGET, scope: 'production/globex' }, { ...layer, fallthrough: split }),
    )

    const { layers: stored } = state.flags.get('layout')!
    const salts = Object.values(stored).flatMap(({ rollout: rolled, fallthrough }) => [
      ...(rolled ? [rolled.salt] : []),
      ...(fallthrough && 'split' in fallthrough ? [fallthrough.split.salt] : []),
    ])
    expect(salts).toHaveLength(4)
    expect(new Set(salts).size).toBe(4)
    expect(salts.every((salt) => /^[0-9a-f]{16}$/.test(salt))).toBe(true)
  })

  test('continue the rollout that a scope inherits, and nobody leaves', async () => {
    const { commit } = await given(layer)
    const before = served((await commit(setLayer(TARGET, { on: true }))).state)
    const after = served(
      (await commit(setLayer(TARGET, { on: true, rollout: { percent: 60 } }))).state,
    )

    expect(before.filter((variant, i) => variant === 'a' && after[i] !== 'a')).toEqual([])
  })

  test('of an earlier version stay, also after the rollout was gone', async () => {
    const { commit } = await given()
    const drawn = { ...layer, rollout: { ...rollout, salt: 'drawn' } }
    const before = served((await commit(setLayer(TARGET, drawn))).state)
    await commit(updateLayer(TARGET, { rollout: { percent: 70 } }))
    await commit(updateLayer(TARGET, { rollout: null, on: false }))

    expect(served((await commit(setLayer(TARGET, layer))).state)).toEqual(before)
  })
})
