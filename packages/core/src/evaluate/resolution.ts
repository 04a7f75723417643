import { murmur3Int32 } from '../hash.ts'
import type { JsonValue } from '../ruleset/wire.ts'
import type { ReadAttribute } from './attribute.ts'

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
export interface ResolutionDetails<T = JsonValue, V = string> {
  readonly value: T
  readonly variant?: V
  readonly reason: Reason
  readonly errorCode?: ErrorCode
  readonly errorMessage?: string
  readonly flagMetadata: FlagMetadata
}

/** What a rollout or split puts into buckets, and by which salt. */
export interface Unit {
  readonly by: string
  /** Reads it; undefined for a plain attribute. */
  readonly read: ReadAttribute | undefined
  readonly salt: string
}

/** Where a resolution belongs, besides what it answers. */
export interface ResolutionParts {
  readonly flag: string
  readonly isBoolean: boolean
  /** Number of the last change that can have changed how the flag is served here; 0 where nobody says. */
  readonly revision: number
  /** Whom a rollout has put there; undefined where none has. */
  readonly unit: Unit | undefined
}

/** One answer that a flag can give, made when the flag is prepared: asking only finds it. */
export class Resolution {
  /** The same for the same answer of the same revision, in every process. */
  readonly id: number
  readonly parts: ResolutionParts
  readonly value: JsonValue
  readonly variant: string
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** The value of a boolean flag; undefined for every other type. */
  readonly boolean: boolean | undefined
  #afterMissingKey: Resolution | undefined

  constructor(
    parts: ResolutionParts,
    [variant, value]: readonly [variant: string, value: JsonValue],
    reason: Reason,
    flagMetadata: FlagMetadata,
  ) {
    const { flag, isBoolean, revision } = parts
    this.parts = parts
    this.value = value
    this.variant = variant
    this.reason = reason
    this.flagMetadata = Object.freeze(flagMetadata)
    this.boolean = isBoolean ? value === true : undefined
    this.id = murmur3Int32([flag, variant, reason, flagMetadata.arm].join(), revision)
  }

  /** The same answer, given after a split or rollout was passed over because its unit was missing. */
  afterMissingKey(): Resolution {
    this.#afterMissingKey ??= new Resolution(this.parts, [this.variant, this.value], this.reason, {
      reasonDetail: 'bucket-key-missing',
      ...this.flagMetadata,
    })
    return this.#afterMissingKey
  }
}
