import { resplit, splitsOf, type Weights } from '@flaghoist/core/model'
import { bucketsOf, type Flag, type Layer, type Serve } from '@flaghoist/core/schema'
import type { z } from 'zod'
import type { LayerPast } from './layer-past.ts'
import type { ServeInput } from './schemas.ts'

type ServeValue = z.infer<typeof Serve>

/**
 * Completes a serve. A split continues the current one of its place, and prefers the ranges that it
 * had with the same weights before.
 * @param place as `splitsOf` names it
 * @throws {FlaghoistError} `WEIGHTS_INVALID`
 */
export function completeServe(input: ServeInput, place: string, layer: LayerPast): ServeValue {
  if ('variant' in input || 'split' in input) return input
  const given = 'weights' in input ? input.weights : bucketsByVariant(input.percent)
  const weights = inVariantOrder(given, layer.flag)
  const current = splitsOf(layer.current as Layer).find(([one]) => one === place)?.[1]
  const earlier = layer.past?.splits.get(place) ?? []
  const by = input.by ?? current?.by ?? 'targetingKey'
  const salt = earlier[0]?.salt ?? current?.salt ?? layer.saltFor('split')
  const known = earlier.filter((one) => one.by === by && one.salt === salt)
  const owned = current?.salt === salt ? current.ranges : []
  const ranges = resplit(
    owned,
    weights,
    known.map((one) => one.ranges),
  )
  return { split: { by, salt, ranges: ranges.map(([start, end, key]) => [start, end, key]) } }
}

function bucketsByVariant(percentages: Readonly<Record<string, number>>): Weights {
  const entries = Object.entries(percentages)
  return Object.fromEntries(entries.map(([variant, percent]) => [variant, bucketsOf(percent)]))
}

/** Sorts weights like the variants, because members of JSON have no order to rely on. */
function inVariantOrder(weights: Weights, { variants }: Flag): Weights {
  const places = new Map(variants.map(({ key }, i) => [key, i]))
  const placeOf = (key: string) => places.get(key) ?? variants.length
  return Object.fromEntries(Object.entries(weights).sort(([a], [b]) => placeOf(a) - placeOf(b)))
}
