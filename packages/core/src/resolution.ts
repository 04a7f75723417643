import type { JsonValue } from './ruleset.ts'

/**
 * What is known of the subject of an evaluation. Every member is data: a value that no clause
 * understands makes that clause false and nothing else.
 */
export interface EvaluationContext {
  /** Identity of the subject; what rollouts bucket by unless they name another attribute. */
  readonly targetingKey?: string | undefined
  /** Customer instance; an instance-bound key knows it already and does not look here. */
  readonly instance?: string | undefined
  readonly [attribute: string]: unknown
}

/** Why a variant was served, in OpenFeature's words. */
export type Reason =
  | 'STATIC'
  | 'DEFAULT'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'CACHED'
  | 'DISABLED'
  | 'STALE'
  | 'ERROR'
  | 'UNKNOWN'

export type ErrorCode =
  | 'PROVIDER_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TYPE_MISMATCH'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'

/** What stands behind a reason. */
export type ReasonDetail = 'killed' | 'off' | 'prerequisite' | 'bucket-key-missing'

/** Side of a randomised rollout: only units with an arm are compared by health statistics. */
export type Arm = 'treatment' | 'control'

export interface FlagMetadata {
  readonly reasonDetail?: ReasonDetail
  readonly ruleId?: string
  readonly arm?: Arm
  readonly planRun?: string
  readonly step?: number
}

/** The answer to one evaluation, shaped as OpenFeature's `ResolutionDetails`. */
export interface ResolutionDetails<T = JsonValue> {
  readonly value: T
  readonly variant?: string
  readonly reason: Reason
  readonly errorCode?: ErrorCode
  readonly errorMessage?: string
  readonly flagMetadata: FlagMetadata
}
