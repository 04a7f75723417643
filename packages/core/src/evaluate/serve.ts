import { DEV } from '../dev.ts'
import { BUCKETS, limitOf, toSigned } from '../hash.ts'
import { assertShape, isObject, isText } from '../shape.ts'
import type { ClauseInputs } from './clause.ts'
import { placeUnit, prepareUnit, readUnit } from './placement.ts'
import type { EvaluationContext, FlagMetadata, Reason, Resolution, Unit } from './resolution.ts'

/**
 * The serve of a rule, a rollout or the fallthrough: one variant, or the variant that owns the
 * unit's bucket.
 */
export interface PreparedServe {
  /** The resolution of a plain variant; undefined for a split. */
  readonly only: Resolution | undefined
  readonly unit: Unit | undefined
  /**
   * The ends of the ranges as {@link limitOf} maps them, ascending up to the end of all buckets.
   */
  readonly ends: readonly number[]
  /** The resolution of each range. */
  readonly served: readonly Resolution[]
}

/**
 * Creates the resolutions of one configuration. @throws for a variant that the flag does not define
 */
export type CreateResolution = (
  variant: unknown,
  reason: Reason,
  flagMetadata: FlagMetadata,
  unit?: Unit,
) => Resolution

/** The inputs of all serves of one configuration. */
export interface ServeInputs {
  /** The variant of a bucket outside all ranges. */
  readonly off: unknown
  readonly make: CreateResolution
}

/** The properties of the resolutions of a serve, besides the variant. */
export interface ServeOptions extends ServeInputs {
  /** The reason of a plain variant; a split always has the reason `SPLIT`. */
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** The unit that a rollout compares. */
  readonly unit?: Unit | undefined
}

/** @throws for a serve that is neither a variant nor a split */
export function prepareServe(
  serve: unknown,
  { reason, flagMetadata, off, unit: compared, make }: ServeOptions,
  inputs: ClauseInputs,
): PreparedServe {
  assertShape(isObject(serve), DEV && 'A serve must be a variant or a split.')
  const ends: number[] = []
  const served: Resolution[] = []
  if (!isObject(serve.split)) {
    const only = make(serve.variant, reason, flagMetadata, compared)
    return { only, unit: undefined, ends, served }
  }

  const { by, salt, ranges } = serve.split
  assertShape(
    isText(by) && isText(salt) && Array.isArray(ranges),
    DEV && 'A split needs "by", "salt" and "ranges".',
  )
  let last = 0
  const add = (end: number, resolution: Resolution) => {
    if (end > last) {
      ends.push(limitOf(end))
      served.push(resolution)
      last = end
    }
  }
  const unit = prepareUnit(by, salt, inputs)
  const decider = compared ?? unit
  const gap = make(off, 'DEFAULT', flagMetadata, compared)
  for (const range of ranges) {
    const [start, end, variant] = Array.isArray(range) ? range : []
    assertShape(
      isBucketBound(start) && isBucketBound(end),
      DEV && 'A range of a split must be [start, end, variant].',
    )
    assertShape(
      start >= last && end >= start,
      DEV && 'The ranges of a split must be in order and must not overlap.',
    )
    add(start, gap)
    add(end, make(variant, 'SPLIT', flagMetadata, decider))
  }
  add(BUCKETS, gap)
  return { only: undefined, unit, ends, served }
}

/** Returns the resolution for a context; undefined where the unit of a split is missing. */
export function evaluateServe(
  serve: PreparedServe,
  context: EvaluationContext,
): Resolution | undefined {
  return serve.only ?? evaluateSplit(serve, context)
}

function evaluateSplit(
  { unit, ends, served }: PreparedServe,
  context: EvaluationContext,
): Resolution | undefined {
  const text = readUnit(unit!, context)
  if (text === undefined) return undefined
  const hash = toSigned(placeUnit(unit!, text).hash)
  let low = 0
  let high = ends.length - 1
  // A binary search finds the first range that ends above the hash.
  while (low < high) {
    const middle = (low + high) >> 1
    if (hash < ends[middle]!) high = middle
    else low = middle + 1
  }
  return served[low]
}

export function isBucketBound(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BUCKETS
}
