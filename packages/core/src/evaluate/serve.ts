import { DEV } from '../dev.ts'
import { BUCKETS, limitOf, murmur3Int32, seedOf, toSigned } from '../hash.ts'
import { isObject, isText, need } from '../shape.ts'
import { attributeReader, unitText } from './attribute.ts'
import type { ClauseScope } from './clause.ts'
import type { EvaluationContext, FlagMetadata, Reason, Resolution, Unit } from './resolution.ts'

/** What a rule, a rollout or the fallthrough serves: one variant, or whichever owns the bucket of a unit. */
export interface PreparedServe {
  readonly only: Resolution | undefined
  readonly unit: Unit | undefined
  readonly seed: number
  /** Where ranges end, as {@link limitOf} has it, in order and up to the end of all buckets. */
  readonly ends: readonly number[]
  readonly served: readonly Resolution[]
}

/** Makes the resolutions of one configuration. @throws for a variant that the flag does not define */
export type MakeResolution = (
  variant: unknown,
  reason: Reason,
  flagMetadata: FlagMetadata,
  unit?: Unit,
) => Resolution

/** How what is served is told apart from others with the same variant. */
export interface ServeMeaning {
  /** Reason of a plain variant; a split always says `SPLIT`. */
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** Served where a bucket lies in no range. */
  readonly off: unknown
  /** Whom a rollout compares. */
  readonly unit?: Unit | undefined
  readonly make: MakeResolution
}

/** @throws for what is neither a variant nor a split */
export function compileServe(
  serve: unknown,
  { reason, flagMetadata, off, unit: compared, make }: ServeMeaning,
  scope: ClauseScope,
): PreparedServe {
  need(isObject(serve), DEV && 'A serve is neither a variant nor a split.')
  const ends: number[] = []
  const served: Resolution[] = []
  if (!isObject(serve.split)) {
    const only = make(serve.variant, reason, flagMetadata, compared)
    return { only, unit: undefined, seed: 0, ends, served }
  }

  const { by, salt, ranges } = serve.split
  need(
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
  const gap = make(off, 'DEFAULT', flagMetadata, compared)
  for (const range of ranges) {
    const [start, end, variant] = Array.isArray(range) ? range : []
    need(
      isBucketBound(start) && isBucketBound(end),
      DEV && 'A range of a split is not [start, end, variant].',
    )
    need(start >= last && end >= start, DEV && 'The ranges of a split overlap or are not in order.')
    add(start, gap)
    add(end, make(variant, 'SPLIT', flagMetadata, compared))
  }
  add(BUCKETS, gap)
  return { only: undefined, unit: unitOf(by, salt, scope), seed: seedOf(salt), ends, served }
}

/** The resolution for a context; undefined where the unit of a split is missing. */
export function serve(
  { only, unit, seed, ends, served }: PreparedServe,
  context: EvaluationContext,
): Resolution | undefined {
  if (only !== undefined) return only
  const text = readUnit(unit!, context)
  if (text === undefined) return undefined
  const hash = toSigned(murmur3Int32(text, seed))
  let low = 0
  let high = ends.length - 1
  // The first range that ends behind the hash.
  while (low < high) {
    const middle = (low + high) >> 1
    if (hash < ends[middle]!) high = middle
    else low = middle + 1
  }
  return served[low]
}

export function unitOf(by: string, salt: string, scope: ClauseScope): Unit {
  return { by, salt, read: attributeReader(by, scope) }
}

/** The text that is bucketed; undefined where it is missing. */
export function readUnit({ by, read }: Unit, context: EvaluationContext): string | undefined {
  return unitText(read === undefined ? context[by] : read(context))
}

export function isBucketBound(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BUCKETS
}
