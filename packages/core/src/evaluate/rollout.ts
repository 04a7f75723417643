import { DEV } from '../dev.ts'
import { limitOf, murmur3Int32, seedOf, toSigned } from '../hash.ts'
import { isObject, isText, need } from '../shape.ts'
import { type ClauseScope, inAnySegment, type Predicate } from './clause.ts'
import type { EvaluationContext, FlagMetadata, Resolution, Unit } from './resolution.ts'
import {
  compileServe,
  isBucketBound,
  type PreparedServe,
  readUnit,
  type ServeMeaning,
  serve,
  unitOf,
} from './serve.ts'

/** A rollout, ready to be asked. */
export interface PreparedRollout {
  readonly unit: Unit
  /** Its plan run and step, for the metadata of either arm. */
  readonly metadata: FlagMetadata
  readonly seed: number
  readonly limit: number
  readonly isListed: Predicate | undefined
  readonly listed: PreparedServe
  readonly treated: PreparedServe
}

/** @throws for what has not the shape of a rollout */
export function compileRollout(
  rollout: unknown,
  { off, make }: Pick<ServeMeaning, 'off' | 'make'>,
  scope: ClauseScope,
): PreparedRollout {
  need(isObject(rollout), DEV && '"rollout" is not an object.')
  const { by, salt, share, serve: served, segments = [], planRun, step } = rollout
  need(
    isText(by) &&
      isText(salt) &&
      isBucketBound(share) &&
      Array.isArray(segments) &&
      segments.every(isText),
    DEV && 'A rollout needs "by", "salt", a "share" of 0 to 100,000 and "serve".',
  )

  const unit = unitOf(by, salt, scope)
  const metadata: FlagMetadata = {
    ...(isText(planRun) && { planRun }),
    ...(typeof step === 'number' && { step }),
  }
  const compile = (meaning: Pick<ServeMeaning, 'reason' | 'flagMetadata' | 'unit'>) =>
    compileServe(served, { ...meaning, off, make }, scope)
  return {
    unit,
    metadata,
    seed: seedOf(salt),
    limit: limitOf(share),
    isListed: segments.length > 0 ? inAnySegment(segments, scope.segment!) : undefined,
    listed: compile({ reason: 'TARGETING_MATCH', flagMetadata: metadata }),
    treated: compile({
      reason: 'SPLIT',
      flagMetadata: { ...metadata, arm: 'treatment' },
      unit,
    }),
  }
}

/** The resolution of a context that is in the rollout, `control` for one that is not yet, undefined where a unit is missing. */
export function place(
  { unit, seed, limit, isListed, listed, treated }: PreparedRollout,
  context: EvaluationContext,
): Resolution | 'control' | undefined {
  if (isListed?.(context)) return serve(listed, context)
  const text = readUnit(unit, context)
  if (text === undefined) return undefined
  if (toSigned(murmur3Int32(text, seed)) < limit) return serve(treated, context)
  // Without the unit of its split, the rollout would serve nobody: then nobody is its control either.
  return serve(treated, context) && 'control'
}
