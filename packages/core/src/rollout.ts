import type { Predicate, SegmentLookup } from './clause.ts'
import { type FlagScope, ShapeError } from './flag-scope.ts'
import { BUCKETS, limitOf, murmur3Int32, seedOf, toSigned } from './hash.ts'
import type { Outcome } from './outcome.ts'
import type { EvaluationContext, FlagMetadata } from './resolution.ts'
import { compileServe, unitReader } from './serve.ts'
import { isObject } from './shape.ts'

/** A rollout, ready to be asked. */
export interface PreparedRollout {
  /** Its plan run and step, for the metadata of either arm. */
  readonly metadata: FlagMetadata
  /** The outcome of a treated context, `control`, or undefined where a unit is missing. */
  readonly serve: (context: EvaluationContext) => Outcome | 'control' | undefined
}

/** @throws {ShapeError} for what has not the shape of a rollout */
export function compileRollout(rollout: unknown, off: string, scope: FlagScope): PreparedRollout {
  if (!isObject(rollout)) throw new ShapeError('"rollout" is not an object.')
  const { by, salt, share, serve, segments = [] } = rollout
  if (
    typeof by !== 'string' ||
    typeof salt !== 'string' ||
    !isShare(share) ||
    !isTextList(segments)
  )
    throw new ShapeError('A rollout needs "by", "salt", a "share" of 0 to 100,000 and "serve".')

  const metadata = planMetadata(rollout)
  const { clauses, outcomes } = scope
  const compile = (reason: 'TARGETING_MATCH' | 'SPLIT', flagMetadata: FlagMetadata) =>
    compileServe(serve, { reason, flagMetadata, off }, outcomes, clauses)
  const listed = compile('TARGETING_MATCH', metadata)
  const treated = compile('SPLIT', { ...metadata, arm: 'treatment' })
  const isListed = inSegments(segments, clauses.segments)
  const isTreated = shareTest(salt, share)
  const readUnit = unitReader(by, clauses)
  const isSplit = isObject(serve) && isObject(serve.split)

  return {
    metadata,
    serve(context) {
      if (isListed?.(context)) return listed(context)
      const unit = readUnit(context)
      if (unit === undefined) return undefined
      if (isTreated(unit)) return treated(context)
      // Without the unit of its split, the rollout would serve nobody: then nobody is its control either.
      return isSplit && treated(context) === undefined ? undefined : 'control'
    },
  }
}

function shareTest(salt: string, share: number): (unit: string) => boolean {
  const seed = seedOf(salt)
  const limit = limitOf(share)
  return (unit) => toSigned(murmur3Int32(unit, seed)) < limit
}

function inSegments(
  keys: readonly string[],
  segments: SegmentLookup | undefined,
): Predicate | undefined {
  const found = keys.map((key) => segments?.get(key)).filter((one) => one !== undefined)
  if (found.length === 0) return undefined
  return (context) => found.some((isIn) => isIn(context))
}

function planMetadata({ planRun, step }: Record<string, unknown>): FlagMetadata {
  return {
    ...(typeof planRun === 'string' ? { planRun } : {}),
    ...(typeof step === 'number' ? { step } : {}),
  }
}

function isShare(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BUCKETS
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
