import { attributeReader, type ReadAttribute, unitText } from './attribute.ts'
import type { ClauseScope } from './clause.ts'
import { type OutcomeFactory, ShapeError } from './flag-scope.ts'
import { BUCKETS, limitOf, murmur3Int32, seedOf, toSigned } from './hash.ts'
import type { Outcome } from './outcome.ts'
import type { EvaluationContext, FlagMetadata, Reason } from './resolution.ts'
import { isObject } from './shape.ts'

/** Finds the outcome for a context; undefined where the unit of a split is missing. */
export type Serving = (context: EvaluationContext) => Outcome | undefined

/** How the outcomes of a serve are told apart from others with the same variant. */
export interface ServeMeaning {
  /** Reason of a plain variant; a split always says `SPLIT`. */
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** Served where a bucket lies in no range. */
  readonly off: string
}

/** @throws {ShapeError} for what is neither a variant nor a split */
export function compileServe(
  serve: unknown,
  meaning: ServeMeaning,
  outcomes: OutcomeFactory,
  scope: ClauseScope,
): Serving {
  if (isObject(serve) && isObject(serve.split)) {
    return compileSplit(serve.split, meaning, outcomes, scope)
  }
  if (!isObject(serve)) throw new ShapeError('A serve is neither a variant nor a split.')

  const outcome = outcomes.outcome(serve.variant, meaning.reason, meaning.flagMetadata)
  return () => outcome
}

function compileSplit(
  split: Record<string, unknown>,
  meaning: ServeMeaning,
  outcomes: OutcomeFactory,
  scope: ClauseScope,
): Serving {
  const { by, salt, ranges } = split
  if (typeof by !== 'string' || typeof salt !== 'string' || !Array.isArray(ranges))
    throw new ShapeError('A split needs "by", "salt" and "ranges".')

  const { flagMetadata } = meaning
  const all = readRanges(ranges)
  const byVariant = new Map<string, Outcome>()
  for (const { variant } of all)
    if (!byVariant.has(variant))
      byVariant.set(variant, outcomes.outcome(variant, 'SPLIT', flagMetadata))
  const owned = all.filter(({ start, end }) => start < end)
  const served = owned.map(({ variant }) => byVariant.get(variant)!)
  const starts = Float64Array.from(owned, ({ start }) => limitOf(start))
  const ends = Float64Array.from(owned, ({ end }) => limitOf(end))
  const gap = isGapFree(owned) ? undefined : outcomes.outcome(meaning.off, 'DEFAULT', flagMetadata)
  const seed = seedOf(salt)
  const readUnit = unitReader(by, scope)

  return (context) => {
    const unit = readUnit(context)
    if (unit === undefined) return undefined
    const hash = toSigned(murmur3Int32(unit, seed))
    let low = 0
    let high = starts.length - 1
    // The last range that does not start behind the hash.
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= hash) low = middle
      else high = middle - 1
    }
    if (gap !== undefined && !(starts[low]! <= hash && hash < ends[low]!)) return gap
    return served[low]
  }
}

/** A function that reads the text of a unit; undefined where it is missing. */
export function unitReader(
  by: string,
  scope: ClauseScope,
): (context: EvaluationContext) => string | undefined {
  const read: ReadAttribute = attributeReader(by, scope)
  return (context) => {
    const value = read(context)
    return typeof value === 'string' ? value : unitText(value)
  }
}

interface OwnedRange {
  readonly start: number
  readonly end: number
  readonly variant: string
}

/** Ranges in order and without overlap. */
function readRanges(ranges: readonly unknown[]): readonly OwnedRange[] {
  const owned: OwnedRange[] = []
  let least = 0
  for (const range of ranges) {
    const [start, end, variant] = Array.isArray(range) ? range : []
    if (!isBucketBound(start) || !isBucketBound(end) || typeof variant !== 'string')
      throw new ShapeError('A range of a split is not [start, end, variant].')
    if (start < least || end < start)
      throw new ShapeError('The ranges of a split overlap or are not in order.')
    owned.push({ start, end, variant })
    least = end
  }
  return owned
}

function isBucketBound(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BUCKETS
}

function isGapFree(owned: readonly OwnedRange[]): boolean {
  const isJoined = owned.every(({ start }, i) => start === (i === 0 ? 0 : owned[i - 1]!.end))
  return isJoined && owned.at(-1)?.end === BUCKETS
}
