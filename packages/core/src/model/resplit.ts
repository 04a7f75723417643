import { defineErrors } from '../errors.ts'
import { BUCKETS } from '../hash.ts'
import type { SplitRange } from '../ruleset/wire.ts'
import { movedBuckets, weightsOf } from './ranges.ts'

/** The number of buckets of each variant, by variant key; the sum is 100,000. */
export type Weights = Readonly<Record<string, number>>

/** The errors of {@link resplit}. */
export const splitErrors = {
  WEIGHTS_INVALID: {
    status: 422,
    message: 'The weights {weights} must be whole numbers of buckets with the sum 100,000.',
    hint: 'Set a whole number of buckets for each variant (1 % is 1,000) so that the sum is 100,000.',
  },
} as const

const splitProblem = defineErrors(splitErrors)

/**
 * Returns the ranges for new weights. Exactly ½ Σ|Δweight| buckets move, the minimum possible: a
 * bucket stays with its variant where the weights allow it. Ranges that move no more are preferred
 * if they are known, or else follow the order of the weights: a split of two variants depends on
 * nothing but its weights. Otherwise, a variant releases the last buckets of its ranges first.
 *
 * @param previous the current ranges; empty for a new split
 * @param known earlier ranges, the preferred first; those of other weights are ignored
 * @throws {FlaghoistError} `WEIGHTS_INVALID`
 */
export function resplit(
  previous: readonly SplitRange[],
  weights: Weights,
  known: readonly (readonly SplitRange[])[] = [],
): SplitRange[] {
  assertWeights(weights)
  const owned = weightsOf(previous)
  const least = gained(owned, weights)
  const candidates = [...known.filter((one) => hasWeights(one, weights)), inOrder(weights)]
  const preferred = candidates.find((one) => movedBuckets(previous, one) === least)
  return preferred ? [...preferred] : reassign(previous, weights, owned)
}

/** Checks that ranges have these weights. */
function hasWeights(ranges: readonly SplitRange[], weights: Weights): boolean {
  const owned = weightsOf(ranges)
  return gained(owned, weights) === 0 && gained(weights, owned) === 0
}

/** Returns the number of buckets that variants gain: the minimum that has to move. */
function gained(owned: Weights, weights: Weights): number {
  return Object.entries(weights).reduce(
    (sum, [variant, weight]) => sum + Math.max(0, weight - (ownValue(owned, variant) ?? 0)),
    0,
  )
}

/** Returns the ranges of a fresh split. */
function inOrder(weights: Weights): SplitRange[] {
  let end = 0
  return Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([variant, weight]) => {
      end += weight
      return [end - weight, end, variant]
    })
}

function reassign(previous: readonly SplitRange[], weights: Weights, owned: Weights): SplitRange[] {
  const surplus = new Map<string, number>()
  for (const [variant, has] of Object.entries(owned))
    surplus.set(variant, Math.max(0, has - (ownValue(weights, variant) ?? 0)))

  const kept: SplitRange[] = []
  const free: [number, number][] = gapsOf(previous)
  for (const [start, end, variant] of [...previous].reverse()) {
    const released = Math.min(surplus.get(variant)!, end - start)
    surplus.set(variant, surplus.get(variant)! - released)
    if (released > 0) free.push([end - released, end])
    if (released < end - start) kept.push([start, end - released, variant])
  }

  const wanted = Object.entries(weights)
    .map(
      ([variant, weight]) =>
        [variant, Math.max(0, weight - (ownValue(owned, variant) ?? 0))] as const,
    )
    .filter(([, missing]) => missing > 0)
  return mergeAdjacent([...kept, ...assign(free, wanted)])
}

/** Assigns free buckets to variants, in order. */
function assign(
  free: readonly (readonly [number, number])[],
  wanted: readonly (readonly [string, number])[],
): SplitRange[] {
  const assigned: SplitRange[] = []
  const slots = [...free].sort(([a], [b]) => a - b)
  let [start, end] = slots.shift() ?? [0, 0]
  for (const [variant, missing] of wanted)
    for (let left = missing; left > 0; ) {
      if (start === end) [start, end] = slots.shift()!
      const taken = Math.min(left, end - start)
      assigned.push([start, start + taken, variant])
      start += taken
      left -= taken
    }
  return assigned
}

/** Sorts ranges and merges adjacent ranges of one variant. */
function mergeAdjacent(ranges: readonly SplitRange[]): SplitRange[] {
  const result: SplitRange[] = []
  for (const [start, end, variant] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last !== undefined && last[1] === start && last[2] === variant) {
      result[result.length - 1] = [last[0], end, variant]
    } else result.push([start, end, variant])
  }
  return result
}

function gapsOf(ranges: readonly SplitRange[]): [number, number][] {
  const gaps: [number, number][] = []
  let least = 0
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    if (start > least) gaps.push([least, start])
    least = end
  }
  if (least < BUCKETS) gaps.push([least, BUCKETS])
  return gaps
}

function assertWeights(weights: Weights): void {
  const all = Object.values(weights)
  const sum = all.reduce((total, weight) => total + weight, 0)
  if (sum !== BUCKETS || all.some((weight) => !Number.isInteger(weight) || weight < 0))
    throw splitProblem('WEIGHTS_INVALID', { weights: JSON.stringify(weights) })
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
