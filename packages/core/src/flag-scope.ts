import type { ClauseScope } from './clause.ts'
import { Outcome } from './outcome.ts'
import type { FlagMetadata, Reason } from './resolution.ts'
import type { FlagType, JsonValue } from './ruleset.ts'

/** A member of a flag that has not the shape of `docs/spec.md` §2: it makes the whole flag an error. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

/** Makes the outcomes of one flag. */
export class OutcomeFactory {
  readonly key: string
  readonly all: Outcome[] = []
  readonly #type: FlagType
  readonly #variants: Readonly<Record<string, JsonValue>>

  constructor(key: string, type: FlagType, variants: Readonly<Record<string, JsonValue>>) {
    this.key = key
    this.#type = type
    this.#variants = variants
  }

  outcome(variant: unknown, reason: Reason, flagMetadata: FlagMetadata): Outcome {
    if (typeof variant !== 'string' || !Object.hasOwn(this.#variants, variant))
      throw new ShapeError(`The flag serves ${JSON.stringify(variant)}, which it does not define.`)
    const value = this.#variants[variant]!
    const isBoolean = this.#type === 'boolean'
    return new Outcome(
      { flag: this.key, isBoolean, value, variant, reason, flagMetadata },
      this.all,
    )
  }
}

/** What a configuration is compiled with, of its flag and of the ruleset. */
export interface FlagScope {
  readonly clauses: ClauseScope
  readonly outcomes: OutcomeFactory
  readonly hasPrerequisites: boolean
  readonly hasInstances: boolean
}
