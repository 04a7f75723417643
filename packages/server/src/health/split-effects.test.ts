import type { Layer } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { BASE, givenShop, on, writeOf } from '../../test/shop.ts'
import { readCounts } from './read-counts.ts'
import { splitEffects } from './split-effects.ts'

const MINUTE_MS = 60_000
const NOW = 1_000_000 * MINUTE_MS
const halves: NonNullable<Layer['fallthrough']> = {
  split: {
    by: 'targetingKey',
    salt: 's',
    ranges: [
      [0, 50_000, 'off'],
      [50_000, 100_000, 'on'],
    ],
  },
}
const units = { project: 'shop', flag: 'theme', scope: 'production', arm: '' } as const

type Converted = Readonly<Record<'off' | 'on', number>>

/** Twenty minutes with 10 users of each variant of each reported split, of whom some convert. */
async function effectsOf(layer: Layer, reported: Readonly<Record<string, Converted>>) {
  const { projects, stores } = await givenShop()
  await projects.commit(...writeOf([on('theme', 'production', layer)]))
  const { state } = projects.get('shop')
  const revision = state.version
  const cells = Object.entries(reported).flatMap(([split, converted], place) =>
    Array.from({ length: 20 }, (_, i) =>
      (['off', 'on'] as const).map((variant) => ({
        ...{ flag: 'theme', scope: 'production', revision, attempt: revision, variant, split },
        arm: '' as const,
        minute: NOW - (40 - i) * MINUTE_MS,
        units: Array.from({ length: 10 }, (_, n) =>
          `${place}${variant === 'on' ? 1 : 2}${i}`.padEnd(15, 'a').concat(String(n)),
        ),
        converted: converted[variant],
      })),
    ).flat(),
  )
  await stores.events.add('shop', {
    id: 'batch-1',
    at: NOW - 19 * MINUTE_MS,
    exposures: cells.map(({ converted: _, ...cell }) => ({ ...cell, reason: 'SPLIT', count: 10 })),
    outcomes: cells.map(({ converted, ...cell }) => ({
      ...cell,
      metric: 'bought',
      units: cell.units.slice(0, converted),
    })),
    maxMetrics: 50,
  })
  return splitEffects(state, await readCounts(stores.events, state, units), NOW)
}

describe('the effects of a split', () => {
  test.for([
    ['', 'unnamed, as older SDKs report it'],
    ['fallthrough', 'named'],
  ] as const)('compare each variant with the first, by an interval: %s %s', async ([split]) => {
    const layer = { ...BASE, fallthrough: halves }
    const [effect, ...others] = await effectsOf(layer, { [split]: { off: 1, on: 6 } })
    expect(others).toEqual([])
    expect(effect).toMatchObject({
      split: 'fallthrough',
      ...{ metric: 'bought', baseline: 'off', variant: 'on', scale: 'difference' },
      estimate: expect.closeTo(0.5, 5),
    })
    expect(effect!.low).toBeGreaterThan(0)
    expect(effect!.high).toBeGreaterThan(0.5)
  })

  describe('beside another', () => {
    const when = [[{ attribute: 'plan', op: 'in' as const, values: ['pro'] }]]
    const rules = [{ id: 'pro', when, serve: halves }]
    const layer = { ...BASE, rules, fallthrough: halves }

    test('are those of its own units', async () => {
      const effects = await effectsOf(layer, {
        'rule:pro': { off: 1, on: 6 },
        fallthrough: { off: 8, on: 2 },
        // An older SDK names no split, so that its units are those of neither.
        '': { off: 10, on: 0 },
      })
      expect(effects).toMatchObject([
        { split: 'rule:pro', baseline: 'off', variant: 'on', estimate: expect.closeTo(0.5, 5) },
        { split: 'fallthrough', baseline: 'off', variant: 'on', estimate: expect.closeTo(-0.6, 5) },
      ])
    })

    test('are unknown while no report names it', async () => {
      expect(await effectsOf(layer, { '': { off: 1, on: 6 } })).toEqual([])
    })
  })
})
