import { defineErrors } from '../errors.ts'
import { BUCKETS } from '../hash.ts'
import type { SplitRange } from '../ruleset/wire.ts'

/** Variant → buckets that it owns; they add up to 100,000. */
export type Weights = Readonly<Record<string, number>>

/** What {@link resplit} refuses. */
export const splitErrors = {
  WEIGHTS_INVALID: {
    status: 422,
    message: 'The weights {weights} are not whole buckets that add up to 100,000.',
    hint: 'Give each variant a whole number of buckets (1 % is 1,000) so that they add up to 100,000.',
  },
} as const

const problem = defineErrors(splitErrors)

/**
 * Ranges for new weights. Each bucket that may stay with its variant stays, so that exactly ½
 * Σ|Δweight| buckets move, the fewest possible; a variant gives buckets from the end of what it
 * owns.
 *
 * @param previous the ranges so far; empty for a new split
 * @throws {FlaghoistError} `WEIGHTS_INVALID`
 */
export function resplit(previous: readonly SplitRange[], weights: Weights): SplitRange[] {
  check(weights)
  const owned = weightsOf(previous)
  const surplus = new Map<string, number>()
  for (const [variant, has] of Object.entries(owned))
    surplus.set(variant, Math.max(0, has - (own(weights, variant) ?? 0)))

  const kept: SplitRange[] = []
  const free: [number, number][] = gapsOf(previous)
  for (const [start, end, variant] of [...previous].reverse()) {
    const given = Math.min(surplus.get(variant)!, end - start)
    surplus.set(variant, surplus.get(variant)! - given)
    if (given > 0) free.push([end - given, end])
    if (given < end - start) kept.push([start, end - given, variant])
  }

  const wanted = Object.entries(weights)
    .map(
      ([variant, weight]) => [variant, Math.max(0, weight - (own(owned, variant) ?? 0))] as const,
    )
    .filter(([, missing]) => missing > 0)
  return joined([...kept, ...handOut(free, wanted)])
}

/** How many buckets each variant owns. */
export function weightsOf(ranges: readonly SplitRange[]): Record<string, number> {
  const weights = new Map<string, number>()
  for (const [start, end, variant] of ranges)
    weights.set(variant, (weights.get(variant) ?? 0) + end - start)
  return Object.fromEntries(weights)
}

/**
 * How many buckets change hands between two splits of the same salt: each is 0.001 % of all units.
 * A bucket that nobody owns on one side, and somebody on the other, counts too.
 */
export function movedBuckets(before: readonly SplitRange[], after: readonly SplitRange[]): number {
  const edges = new Set<number>()
  for (const [start, end] of [...before, ...after]) edges.add(start).add(end)
  const ownerBefore = ownerAt(before)
  const ownerAfter = ownerAt(after)
  let moved = 0
  let last = 0
  let isMoved = false
  for (const edge of [...edges].sort((a, b) => a - b)) {
    if (isMoved) moved += edge - last
    isMoved = ownerBefore(edge) !== ownerAfter(edge)
    last = edge
  }
  return moved
}

/**
 * The owner of a bucket; asked in ascending order, so that all questions together take one pass.
 */
function ownerAt(ranges: readonly SplitRange[]): (bucket: number) => string | undefined {
  const sorted = [...ranges].sort(([a], [b]) => a - b)
  let i = 0
  return (bucket) => {
    while (i < sorted.length && sorted[i]![1] <= bucket) i += 1
    const range = sorted[i]
    return range !== undefined && range[0] <= bucket ? range[2] : undefined
  }
}

function handOut(
  free: readonly (readonly [number, number])[],
  wanted: readonly (readonly [string, number])[],
): SplitRange[] {
  const given: SplitRange[] = []
  const slots = [...free].sort(([a], [b]) => a - b)
  let [start, end] = slots.shift() ?? [0, 0]
  for (const [variant, missing] of wanted)
    for (let left = missing; left > 0; ) {
      if (start === end) [start, end] = slots.shift()!
      const taken = Math.min(left, end - start)
      given.push([start, start + taken, variant])
      start += taken
      left -= taken
    }
  return given
}

/** Sorted, with neighbours of one owner made one. */
function joined(ranges: readonly SplitRange[]): SplitRange[] {
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

function check(weights: Weights): void {
  const all = Object.values(weights)
  const sum = all.reduce((total, weight) => total + weight, 0)
  if (sum !== BUCKETS || all.some((weight) => !Number.isInteger(weight) || weight < 0))
    throw problem('WEIGHTS_INVALID', { weights: JSON.stringify(weights) })
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
