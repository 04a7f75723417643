import { DEV } from '../dev.ts'
import { codeOnly, defineErrors } from '../errors.ts'
import { patch, patchMismatch } from '../ruleset/patch.ts'
import type { Ruleset, RulesetFlag, RulesetPatch } from '../ruleset/wire.ts'
import { instanceOf } from '../scope.ts'
import { isObject, isText } from '../shape.ts'
import type { ClauseInputs, Predicate } from './clause.ts'
import { evaluateConfiguration } from './configuration.ts'
import { configurationFor, type PreparedFlag, prepareFlag } from './prepared-flag.ts'
import { createDepths, MAX_DEPTH } from './prerequisite-depth.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'
import { prepareSegment } from './segment.ts'

/** The inputs of evaluation besides the ruleset and the context. */
export interface PrepareOptions {
  /**
   * The clock behind the attribute `$now`, epoch ms. Without a clock, clauses on `$now` are false.
   */
  readonly now?: (() => number) | undefined
  /** An override of one flag. A flag that is prepared already keeps its configuration. */
  override?: FlagOverride | undefined
}

/** A variant of one flag that one client serves, whatever the ruleset says. */
export interface FlagOverride {
  readonly flag: string
  readonly variant: string
  /** Returns the flag to evaluate in place of one of the ruleset; undefined for that one. */
  readonly replace: (key: string, flag: RulesetFlag) => RulesetFlag | undefined
}

/** The errors of {@link prepare}. */
export const rulesetErrors = {
  RULESET_UNUSABLE: {
    status: 422,
    message: 'The ruleset is unusable: {problem}',
    hint: 'Keep the last valid ruleset, and use the same specification version in server and SDK.',
  },
} as const

const rulesetProblem = DEV
  ? /* @__PURE__ */ defineErrors(rulesetErrors)
  : /* @__PURE__ */ codeOnly(rulesetErrors)

/**
 * A ruleset in its form for evaluation. The first evaluation of a flag prepares it: sets, dates,
 * versions, globs, hash seeds, bucket limits and all possible resolutions are created once.
 */
export class Prepared {
  readonly ruleset: Ruleset
  readonly #options: PrepareOptions
  readonly #clauses: ClauseInputs
  /** The flags that were found so far. */
  readonly #flags: Map<string, PreparedFlag>
  /** The defects that were found so far. */
  readonly #defects = new Map<string, string>()
  readonly #depths = createDepths((key) => this.find(key))
  /**
   * The last resolution of each prerequisite and its evaluation, so that one evaluation resolves it
   * once.
   */
  readonly #answers = new Map<PreparedFlag, { pass: number; resolution: Resolution }>()
  #pass = 0

  /** @internal Use {@link prepare}. */
  constructor(
    ruleset: Ruleset,
    options: PrepareOptions,
    clauses = clauseInputs(ruleset, options),
    flags = new Map<string, PreparedFlag>(),
  ) {
    this.ruleset = ruleset
    this.#options = options
    this.#clauses = clauses
    this.#flags = flags
  }

  /** The defect of each broken flag. Its evaluation returns `PARSE_ERROR`. */
  get broken(): ReadonlyMap<string, string> {
    for (const key of Object.keys(this.ruleset.flags)) this.find(key)
    return this.#defects
  }

  /** Returns a flag, prepared on its first use; undefined for one that is missing or broken. */
  find(key: string): PreparedFlag | undefined {
    return this.#flags.get(key) ?? this.#prepare(key)
  }

  /** Returns the defect of a broken flag. */
  defectOf(key: string): string | undefined {
    return this.find(key) === undefined ? this.#defects.get(key) : undefined
  }

  #prepare(key: string): PreparedFlag | undefined {
    const { flags } = this.ruleset
    // `hasOwn` turns any key into text, and `undefined` may be the name of a flag.
    if (!isText(key) || !Object.hasOwn(flags, key) || this.#defects.has(key)) return undefined
    try {
      const source = this.#options.override?.replace(key, flags[key]!) ?? flags[key]
      const flag = prepareFlag(key, source, this.#clauses)
      this.#flags.set(key, flag)
      return flag
    } catch (error) {
      this.#defects.set(key, (error as Error).message)
      return undefined
    }
  }

  /**
   * Returns the next version. Flags outside the patch stay prepared.
   * @throws {FlaghoistError} `PATCH_MISMATCH` for a patch of another epoch or version, and for a
   * patch to an older version
   */
  patched(change: RulesetPatch): Prepared {
    if (!(change.to > change.from)) throw patchMismatch(this.ruleset, change)
    const ruleset = patch(this.ruleset, change)
    const hasSameSegments = ruleset.segments === this.ruleset.segments
    const kept = new Map(this.#flags)
    for (const key of Object.keys(change.flags)) kept.delete(key)
    if (!hasSameSegments) for (const [key, flag] of kept) if (flag.usesSegments) kept.delete(key)
    return new Prepared(ruleset, this.#options, hasSameSegments ? this.#clauses : undefined, kept)
  }

  /** Returns the resolution of a flag for a context: steps 2 to 7 of `docs/spec.md` §3. */
  answer(flag: PreparedFlag, context: EvaluationContext, pass?: number): Resolution {
    const configuration = configurationFor(flag, context)
    if (configuration.fixed !== undefined) return configuration.fixed
    const { unmet } = configuration
    if (unmet !== undefined && !this.#isMet(flag, context, pass)) return unmet
    return evaluateConfiguration(configuration, context)
  }

  #isMet(flag: PreparedFlag, context: EvaluationContext, pass = ++this.#pass): boolean {
    if (this.#depths(flag) > MAX_DEPTH) return false
    for (const { flag: key, variants } of flag.prerequisites) {
      const other = this.find(key)
      if (other === undefined) return false
      const { variant } = this.#remembered(other, context, pass)
      if (variant === undefined || !variants.includes(variant)) return false
    }
    return true
  }

  #remembered(flag: PreparedFlag, context: EvaluationContext, pass: number): Resolution {
    const known = this.#answers.get(flag)
    if (known?.pass === pass) return known.resolution
    const resolution = this.answer(flag, context, pass)
    if (known === undefined) this.#answers.set(flag, { pass, resolution })
    else Object.assign(known, { pass, resolution })
    return resolution
  }
}

/**
 * Prepares a ruleset for evaluation. The evaluation of a broken flag returns an error; the other
 * flags are unaffected.
 *
 * @throws {FlaghoistError} `RULESET_UNUSABLE` for a value that is not a ruleset, and for a ruleset
 * of another specification
 * @example
 * const prepared = prepare(JSON.parse(text), { now: Date.now })
 * isEnabled(prepared, 'new-checkout', { targetingKey: 'ada' })
 */
export function prepare(ruleset: Ruleset, options: PrepareOptions = {}): Prepared {
  const defect = defectOf(ruleset)
  if (defect !== undefined) throw rulesetProblem('RULESET_UNUSABLE', { problem: defect })
  return new Prepared(ruleset, options)
}

function defectOf(ruleset: unknown): string | undefined {
  if (!isObject(ruleset)) return DEV ? 'it must be an object.' : 'shape'
  const { spec, flags, segments, epoch, version } = ruleset
  if (spec !== 1) return DEV ? `its "spec" is ${JSON.stringify(spec)}, but must be 1.` : 'spec'
  if (!isObject(flags) || !isObject(segments))
    return DEV ? '"flags" and "segments" must be objects.' : 'shape'
  if (!isText(epoch) || !Number.isSafeInteger(version))
    return DEV ? '"epoch" must be text and "version" an integer.' : 'shape'
  return undefined
}

function clauseInputs({ scope, segments }: Ruleset, { now }: PrepareOptions): ClauseInputs {
  const attributes = { instance: isText(scope) ? instanceOf(scope) : undefined, now }
  const prepared = new Map<string, Predicate>()
  const prepareOnce = (key: string): Predicate | undefined => {
    if (!Object.hasOwn(segments, key)) return undefined
    const segment = prepareSegment(segments[key], { ...attributes, segment: undefined })
    prepared.set(key, segment)
    return segment
  }
  return { ...attributes, segment: (key) => prepared.get(key) ?? prepareOnce(key) }
}
