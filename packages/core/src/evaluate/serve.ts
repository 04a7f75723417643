import { DEV } from '../dev.ts'
import { BUCKETS, limitOf, murmur3Int32, seedOf, toSigned } from '../hash.ts'
import { assertShape, isObject, isText } from '../shape.ts'
import { attributeReader } from './attribute.ts'
import type { ClauseInputs } from './clause.ts'
import { contextUnit } from './json-value.ts'
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
  { only, unit, ends, served }: PreparedServe,
  context: EvaluationContext,
): Resolution | undefined {
  if (only !== undefined) return only
  const text = readUnit(unit!, context)
  if (text === undefined) return undefined
  const hash = toSigned(hashUnit(text, unit!.seed))
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

export function prepareUnit(by: string, salt: string, inputs: ClauseInputs): Unit {
  return { by, salt, seed: seedOf(salt), read: attributeReader(by, inputs) }
}

/** The hash of the unit that an evaluation placed last, and its seed. */
const placed = new Int32Array(2)

/** Hashes a unit for its bucket. */
export function hashUnit(text: string, seed: number): number {
  const hash = murmur3Int32(text, seed)
  placed[0] = hash
  placed[1] = seed
  return hash
}

/**
 * Returns the hash of the unit whose bucket decided the evaluation that ended just now. Its text is
 * hashed again only if another unit was placed after it. Only for telling units apart quickly: a
 * context that returns something else at each read is not noticed.
 */
export function placedHash({ seed }: Unit, text: string): number {
  return placed[1] === seed ? placed[0]! : murmur3Int32(text, seed)
}

/** Reads the unit of a context as text; undefined where it is missing. */
export function readUnit({ by, read }: Unit, context: EvaluationContext): string | undefined {
  return contextUnit(read === undefined ? context[by] : read(context))
}

export function isBucketBound(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BUCKETS
}
