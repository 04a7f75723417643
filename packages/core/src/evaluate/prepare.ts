import { DEV } from '../dev.ts'
import { codeOnly, defineErrors } from '../errors.ts'
import { patch, patchMismatch } from '../ruleset/patch.ts'
import type { Ruleset, RulesetPatch } from '../ruleset/wire.ts'
import { instanceOf } from '../scope.ts'
import { isObject, isText } from '../shape.ts'
import type { ClauseInputs, Predicate } from './clause.ts'
import { evaluateConfiguration } from './configuration.ts'
import { configurationFor, type PreparedFlag, prepareFlag } from './prepared-flag.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'
import { prepareSegment } from './segment.ts'
import { findUnmeetable } from './unmeetable.ts'

/** The inputs of evaluation besides the ruleset and the context. */
export interface PrepareOptions {
  /**
   * The clock behind the attribute `$now`, epoch ms. Without a clock, clauses on `$now` are false.
   */
  readonly now?: (() => number) | undefined
}

/** The errors of {@link prepare}. */
export const rulesetErrors = {
  RULESET_UNUSABLE: {
    status: 422,
    message: 'The ruleset is unusable: {problem}',
    hint: 'Keep the last valid ruleset, and use the same specification version in server and SDK.',
  },
} as const

const rulesetProblem = DEV ? defineErrors(rulesetErrors) : codeOnly(rulesetErrors)

/**
 * A ruleset in its form for evaluation. Sets, dates, versions, globs, hash seeds, bucket limits and
 * all possible resolutions are created once.
 */
export class Prepared {
  readonly ruleset: Ruleset
  /** The valid flags. */
  readonly flags: ReadonlyMap<string, PreparedFlag>
  /** The defect of each broken flag. Its evaluation returns `PARSE_ERROR`. */
  readonly broken: ReadonlyMap<string, string>
  readonly #options: PrepareOptions
  readonly #unmeetable: ReadonlySet<PreparedFlag>
  /**
   * The last resolution of each prerequisite and its evaluation, so that one evaluation resolves it
   * once.
   */
  readonly #answers = new Map<PreparedFlag, { pass: number; resolution: Resolution }>()
  #pass = 0

  /** @internal Use {@link prepare}. */
  constructor(ruleset: Ruleset, options: PrepareOptions, previous?: Prepared) {
    const flags = new Map<string, PreparedFlag>()
    const broken = new Map<string, string>()
    const inputs = clauseInputs(ruleset, options)
    const hasSameSegments = previous?.ruleset.segments === ruleset.segments

    for (const [key, source] of Object.entries(ruleset.flags)) {
      const known = previous?.flags.get(key)
      const isSame = known?.source === source && (hasSameSegments || !known.usesSegments)
      try {
        flags.set(key, isSame ? known : prepareFlag(key, source, inputs))
      } catch (error) {
        broken.set(key, (error as Error).message)
      }
    }
    this.ruleset = ruleset
    this.flags = flags
    this.broken = broken
    this.#options = options
    this.#unmeetable = findUnmeetable(flags)
  }

  /**
   * Returns the next version. Flags outside the patch stay prepared.
   * @throws {FlaghoistError} `PATCH_MISMATCH` for a patch of another epoch or version, and for a
   * patch to an older version
   */
  patched(change: RulesetPatch): Prepared {
    if (!(change.to > change.from)) throw patchMismatch(this.ruleset, change)
    return new Prepared(patch(this.ruleset, change), this.#options, this)
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
    if (this.#unmeetable.has(flag)) return false
    for (const { flag: key, variants } of flag.prerequisites) {
      const other = this.flags.get(key)
      if (other === undefined || !variants.includes(this.#remembered(other, context, pass).variant))
        return false
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
  for (const [key, segment] of Object.entries(segments))
    prepared.set(key, prepareSegment(segment, { ...attributes, segment: undefined }))
  return { ...attributes, segment: (key) => prepared.get(key) }
}
