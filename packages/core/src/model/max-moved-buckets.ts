import { BUCKETS } from '../hash.ts'
import type { Rollout, Serve, Split } from '../ruleset/wire.ts'
import { conditionText } from './compile/hash-identifiers.ts'
import type { LayerConfiguration } from './layers.ts'
import { movedBuckets, weightsOf } from './ranges.ts'

/**
 * Returns the number of buckets that change their variant between two configurations, for the
 * contexts where most do: for those that match a certain rule, or a segment of the rollout, or
 * nothing. Buckets of different salts or units are independent.
 */
export function maxMovedBuckets(before: LayerConfiguration, after: LayerConfiguration): number {
  const [was, is] = [stepsOf(before), stepsOf(after)]
  const lastOfWas = was.map((step) => indexOf(is, step))
  const lastOfIs = is.map((step) => indexOf(was, step))
  let most = 0
  for (const [i, one] of was.entries())
    for (const [j, other] of is.entries())
      if (j <= lastOfWas[i]! && i <= lastOfIs[j]!)
        most = Math.max(most, movedByOutcome(one.outcome, other.outcome))
  return Math.round(most)
}

/** The variants of the contexts that one step serves. */
interface Outcome {
  readonly rollout?: Rollout | undefined
  readonly serve: Serve
}

interface Step {
  /** The condition of the step; equal texts match equal contexts. */
  readonly condition: string
  readonly outcome: Outcome
}

/** The last step, which every context reaches that no other step serves. */
const REST = 'rest'

function stepsOf(configuration: LayerConfiguration): readonly Step[] {
  const { on, killed, off, rules = [], rollout, fallthrough } = configuration
  if (!on || killed) return [{ condition: REST, outcome: { serve: { variant: off } } }]
  return [
    ...rules.map(({ when, serve }) => ({ condition: conditionText(when), outcome: { serve } })),
    ...(rollout?.segments ?? []).map((key) => ({
      condition: `segment ${key}`,
      outcome: { serve: rollout!.serve },
    })),
    { condition: REST, outcome: { rollout, serve: fallthrough } },
  ]
}

/**
 * The last place at which a context of a step is served: a context that matches a condition never
 * passes it.
 */
function indexOf(steps: readonly Step[], { condition }: Step): number {
  const index = steps.findIndex((one) => one.condition === condition)
  return index === -1 ? steps.length : index
}

function movedByOutcome(before: Outcome, after: Outcome): number {
  return partsOf(before.rollout, after.rollout).reduce((moved, { size, isTreated }) => {
    const [was, is] = [before, after].map(({ rollout, serve }, i) =>
      isTreated[i] ? rollout!.serve : serve,
    ) as [Serve, Serve]
    return moved + size * movedByServe(was, is)
  }, 0)
}

/** A part of all units, of a size from 0 to 1, and whether each of two rollouts treats it. */
interface Part {
  readonly size: number
  readonly isTreated: readonly [before: boolean, after: boolean]
}

function partsOf(before: Rollout | undefined, after: Rollout | undefined): readonly Part[] {
  const [was, is] = [before, after].map((rollout) => (rollout?.share ?? 0) / BUCKETS) as [
    number,
    number,
  ]
  const areNested = !before || !after || hasSameBuckets(before, after)
  const both = areNested ? Math.min(was, is) : was * is
  const parts: readonly Part[] = [
    { size: both, isTreated: [true, true] },
    { size: was - both, isTreated: [true, false] },
    { size: is - both, isTreated: [false, true] },
    { size: 1 - was - is + both, isTreated: [false, false] },
  ]
  return parts.filter(({ size }) => size > 0)
}

function movedByServe(before: Serve, after: Serve): number {
  const [was, is] = [toSplit(before), toSplit(after)]
  if (was.salt === undefined || is.salt === undefined || hasSameBuckets(was, is))
    return movedBuckets(was.ranges, is.ranges)
  const weights = new Map(Object.entries(weightsOf(is.ranges)))
  const kept = Object.entries(weightsOf(was.ranges)).reduce(
    (sum, [variant, weight]) => sum + (weight * (weights.get(variant) ?? 0)) / BUCKETS,
    0,
  )
  return BUCKETS - kept
}

type Bucketing = Pick<Split, 'by'> & { readonly salt?: string | undefined }

function hasSameBuckets(one: Bucketing, other: Bucketing): boolean {
  return one.by === other.by && one.salt === other.salt
}

/** Returns a serve as a split. A plain variant owns all buckets, for any salt. */
function toSplit(serve: Serve): Bucketing & Pick<Split, 'ranges'> {
  return 'split' in serve ? serve.split : { by: '', ranges: [[0, BUCKETS, serve.variant]] }
}
