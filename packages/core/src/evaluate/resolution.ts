import { murmur3Int32 } from '../hash.ts'
import type { JsonValue } from '../ruleset/wire.ts'
import type { ReadAttribute } from './attribute.ts'

/**
 * The attributes of the subject of an evaluation. Each member is data: a value of an unsupported
 * type makes a clause false and has no other effect.
 */
export interface EvaluationContext {
  /** The identity of the subject. Rollouts bucket by it unless they name another attribute. */
  readonly targetingKey?: string | undefined
  /** The customer instance. A ruleset of one instance ignores it and uses its own. */
  readonly instance?: string | undefined
  readonly [attribute: string]: unknown
}

/** The reason for a resolution, in OpenFeature's terms. */
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

/** The code of a failed evaluation, in OpenFeature's terms. */
export type ErrorCode =
  | 'PROVIDER_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TYPE_MISMATCH'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'

/** The detail of a reason. */
export type ReasonDetail = 'killed' | 'off' | 'prerequisite' | 'bucket-key-missing'

/** A side of a randomised rollout. Health statistics compare only units with an arm. */
export type Arm = 'treatment' | 'control'

/** The details of a resolution besides value, variant and reason. */
export interface FlagMetadata {
  readonly reasonDetail?: ReasonDetail
  /** The id of the rule that matched. */
  readonly ruleId?: string
  readonly arm?: Arm
  /** The key of the rollout of a plan. */
  readonly planRun?: string
  /** The step of the rollout's plan. */
  readonly step?: number
}

/** The result of one evaluation, in the shape of OpenFeature's `ResolutionDetails`. */
export interface ResolutionDetails<T = JsonValue, V = string> {
  readonly value: T
  readonly variant?: V
  readonly reason: Reason
  readonly errorCode?: ErrorCode
  readonly errorMessage?: string
  readonly flagMetadata: FlagMetadata
}

/** The unit of a rollout or split, and its salt. */
export interface Unit {
  readonly by: string
  /** The hash seed of the salt. */
  readonly seed: number
  /** Reads the attribute `by`; undefined for a plain attribute. */
  readonly read: ReadAttribute | undefined
  readonly salt: string
}

/** The origin of a resolution. */
export interface ResolutionParts {
  readonly flag: string
  readonly isBoolean: boolean
  /**
   * The number of the last change that may have changed how the flag is served here; 0 if unknown.
   */
  readonly revision: number
  /** The unit whose bucket decided, in a rollout or else a split; undefined without either. */
  readonly unit: Unit | undefined
}

/** One possible result of a flag, created when the flag is prepared: evaluation only selects it. */
export class Resolution {
  /** A hash of the result and its revision; the same in every process. */
  readonly id: number
  readonly parts: ResolutionParts
  /** The value of the variant; undefined for the caller's default. */
  readonly value: JsonValue | undefined
  /** The key of the variant; undefined for the caller's default. */
  readonly variant: string | undefined
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** The value of a boolean flag; undefined for the caller's default, and for other types. */
  readonly boolean: boolean | undefined
  /** The latest count of a recorder; evaluation ignores it. */
  recorded: object | undefined
  #afterMissingKey: Resolution | undefined

  constructor(
    parts: ResolutionParts,
    [variant, value]: readonly [variant: string | undefined, value: JsonValue | undefined],
    reason: Reason,
    flagMetadata: FlagMetadata,
  ) {
    const { flag, isBoolean, revision } = parts
    this.parts = parts
    this.value = value
    this.variant = variant
    this.reason = reason
    this.flagMetadata = Object.freeze(flagMetadata)
    this.boolean = isBoolean && variant !== undefined ? value === true : undefined
    this.recorded = undefined
    this.id = murmur3Int32([flag, variant, reason, flagMetadata.arm].join(), revision)
  }

  /**
   * Returns this resolution for a context whose unit was missing in an earlier split or rollout.
   */
  afterMissingKey(): Resolution {
    this.#afterMissingKey ??= new Resolution(this.parts, [this.variant, this.value], this.reason, {
      reasonDetail: 'bucket-key-missing',
      ...this.flagMetadata,
    })
    return this.#afterMissingKey
  }
}
