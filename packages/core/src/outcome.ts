import type { FlagMetadata, Reason } from './resolution.ts'
import type { JsonValue } from './ruleset.ts'

/**
 * One answer that a flag can give, made when the flag is prepared: asking only finds it. It counts how
 * often it was served, so that an exposure costs an increment.
 */
export class Outcome {
  readonly flag: string
  readonly value: JsonValue
  readonly variant: string
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
  /** The value of a boolean flag; undefined for every other type. */
  readonly boolean: boolean | undefined
  /** How often this outcome was served. Whoever evaluates adds to it; whoever reports takes from it. */
  count = 0

  readonly #all: Outcome[]
  #afterMissingKey: Outcome | undefined

  constructor(parts: OutcomeParts, all: Outcome[]) {
    this.flag = parts.flag
    this.value = parts.value
    this.variant = parts.variant
    this.reason = parts.reason
    this.flagMetadata = Object.freeze(parts.flagMetadata)
    this.boolean = parts.isBoolean ? parts.value === true : undefined
    this.#all = all
    all.push(this)
  }

  /** The same answer, given after a split or rollout was passed over because its unit was missing. */
  afterMissingKey(): Outcome {
    this.#afterMissingKey ??= new Outcome(
      {
        flag: this.flag,
        isBoolean: this.boolean !== undefined,
        value: this.value,
        variant: this.variant,
        reason: this.reason,
        flagMetadata: { reasonDetail: 'bucket-key-missing', ...this.flagMetadata },
      },
      this.#all,
    )
    return this.#afterMissingKey
  }
}

export interface OutcomeParts {
  readonly flag: string
  readonly isBoolean: boolean
  readonly value: JsonValue
  readonly variant: string
  readonly reason: Reason
  readonly flagMetadata: FlagMetadata
}
