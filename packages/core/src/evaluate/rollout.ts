import { DEV } from '../dev.ts'
import { limitOf, toSigned } from '../hash.ts'
import { assertShape, isObject, isText } from '../shape.ts'
import { anySegment, type ClauseInputs, type Predicate } from './clause.ts'
import { placeUnit, prepareUnit, readUnit } from './placement.ts'
import type { EvaluationContext, FlagMetadata, Resolution, Unit } from './resolution.ts'
import {
  evaluateServe,
  isBucketBound,
  type PreparedServe,
  prepareServe,
  type ServeInputs,
  type ServeOptions,
} from './serve.ts'

/** A rollout in its form for evaluation. */
export interface PreparedRollout {
  readonly unit: Unit
  /** The rollout of a plan and its step, for the metadata of both arms. */
  readonly metadata: FlagMetadata
  readonly limit: number
  /** Matches the members of the rollout's segments. */
  readonly isListed: Predicate | undefined
  /** The serve for these members; undefined without segments. */
  readonly listed: PreparedServe | undefined
  readonly treated: PreparedServe
}

/** @throws for a value that does not have the shape of a rollout */
export function prepareRollout(
  rollout: unknown,
  common: ServeInputs,
  inputs: ClauseInputs,
): PreparedRollout {
  assertShape(isObject(rollout), DEV && '"rollout" must be an object.')
  const { by, salt, share, serve, segments = [], planRun, step } = rollout
  assertShape(
    isText(by) &&
      isText(salt) &&
      isBucketBound(share) &&
      Array.isArray(segments) &&
      segments.every(isText),
    DEV && 'A rollout needs "by", "salt", a "share" of 0 to 100,000 and "serve".',
  )

  const unit = prepareUnit(by, salt, inputs)
  const metadata: FlagMetadata = {
    ...(isText(planRun) && { planRun }),
    ...(typeof step === 'number' && { step }),
  }
  const prepare = (options: Omit<ServeOptions, keyof ServeInputs>) =>
    prepareServe(serve, { ...common, ...options }, inputs)
  return {
    unit,
    metadata,
    limit: limitOf(share),
    ...(segments.length > 0
      ? {
          isListed: anySegment(segments, inputs.segment!),
          listed: prepare({ reason: 'TARGETING_MATCH', flagMetadata: metadata }),
        }
      : { isListed: undefined, listed: undefined }),
    treated: prepare({
      reason: 'SPLIT',
      flagMetadata: { ...metadata, arm: 'treatment' },
      unit,
    }),
  }
}

/**
 * Returns the resolution of a treated context, `control` for a control context, and undefined where
 * a unit is missing.
 */
export function evaluateRollout(
  { unit, limit, isListed, listed, treated }: PreparedRollout,
  context: EvaluationContext,
): Resolution | 'control' | undefined {
  if (isListed?.(context)) return evaluateServe(listed!, context)
  const text = readUnit(unit, context)
  if (text === undefined) return undefined
  if (toSigned(placeUnit(unit, text).hash) < limit) return evaluateServe(treated, context)
  // Without the unit of its split, the rollout could not serve this context, so it is not a
  // control.
  return evaluateServe(treated, context) && 'control'
}
