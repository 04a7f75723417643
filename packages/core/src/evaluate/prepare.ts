import { DEV } from '../dev.ts'
import { codeOnly, defineErrors } from '../errors.ts'
import { mismatch, patch } from '../ruleset/patch.ts'
import type { Ruleset, RulesetPatch } from '../ruleset/wire.ts'
import { instanceOf } from '../scope.ts'
import { isObject, isText } from '../shape.ts'
import type { ClauseScope, Predicate } from './clause.ts'
import { resolve } from './configuration.ts'
import { configurationFor, type PreparedFlag, prepareFlag } from './prepared-flag.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'
import { compileSegment } from './segment.ts'
import { findUnmeetable } from './unmeetable.ts'

/** What evaluation may know besides ruleset and context. */
export interface PrepareOptions {
  /** Clock behind the attribute `$now`, epoch ms. Without one, clauses on `$now` are false. */
  readonly now?: (() => number) | undefined
}

/** What {@link prepare} refuses. */
export const rulesetErrors = {
  RULESET_UNUSABLE: {
    status: 422,
    message: 'The ruleset cannot be used: {problem}',
    hint: 'Keep the last good ruleset, and check that server and SDK speak the same version of the specification.',
  },
} as const

const problem = DEV ? defineErrors(rulesetErrors) : codeOnly(rulesetErrors)

/**
 * A ruleset, ready to be asked: sets, dates, versions, globs, hash seeds and bucket limits are made once, and
 * every answer that a flag can give exists already.
 */
export class Prepared {
  readonly ruleset: Ruleset
  /** Flags that can be asked. */
  readonly flags: ReadonlyMap<string, PreparedFlag>
  /** Flags that cannot, and what is wrong with them: they answer `PARSE_ERROR`. */
  readonly broken: ReadonlyMap<string, string>
  readonly #options: PrepareOptions
  readonly #unmeetable: ReadonlySet<PreparedFlag>
  /** What flags with prerequisites have answered, and in which evaluation: one that many depend on is asked once. */
  readonly #answers = new Map<PreparedFlag, { pass: number; resolution: Resolution }>()
  #pass = 0

  /** @internal Use {@link prepare}. */
  constructor(ruleset: Ruleset, options: PrepareOptions, previous?: Prepared) {
    const flags = new Map<string, PreparedFlag>()
    const broken = new Map<string, string>()
    const scope = clauseScope(ruleset, options)
    const hasSameSegments = previous?.ruleset.segments === ruleset.segments

    for (const [key, source] of Object.entries(ruleset.flags)) {
      const known = previous?.flags.get(key)
      const isSame = known?.source === source && (hasSameSegments || !known.usesSegments)
      try {
        flags.set(key, isSame ? known : prepareFlag(key, source, scope))
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
   * The next version. Flags that the patch does not touch stay prepared.
   * @throws {FlaghoistError} `PATCH_MISMATCH` for a patch of another epoch or version, or one that does not lead on
   */
  patched(change: RulesetPatch): Prepared {
    if (!(change.to > change.from)) throw mismatch(this.ruleset, change)
    return new Prepared(patch(this.ruleset, change), this.#options, this)
  }

  /** The resolution of a flag for a context: steps 2 to 7 of `docs/spec.md` §3. */
  answer(flag: PreparedFlag, context: EvaluationContext, pass?: number): Resolution {
    const configuration = configurationFor(flag, context)
    if (configuration.fixed !== undefined) return configuration.fixed
    const { unmet } = configuration
    if (unmet !== undefined && !this.#isMet(flag, context, pass)) return unmet
    return resolve(configuration, context)
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
 * Makes a ruleset ready to be asked. A flag that is broken answers with an error and disturbs no other.
 *
 * @throws {FlaghoistError} `RULESET_UNUSABLE` when it is no ruleset, or one of another specification
 * @example
 * const prepared = prepare(JSON.parse(text), { now: Date.now })
 * isEnabled(prepared, 'new-checkout', { targetingKey: 'ada' })
 */
export function prepare(ruleset: Ruleset, options: PrepareOptions = {}): Prepared {
  const defect = defectOf(ruleset)
  if (defect !== undefined) throw problem('RULESET_UNUSABLE', { problem: defect })
  return new Prepared(ruleset, options)
}

function defectOf(ruleset: unknown): string | undefined {
  if (!isObject(ruleset)) return 'it is not an object.'
  const { spec, flags, segments, epoch, version } = ruleset
  if (spec !== 1) return DEV ? `its specification is ${JSON.stringify(spec)}, not 1.` : 'spec'
  if (!isObject(flags) || !isObject(segments))
    return DEV ? '"flags" and "segments" are not objects.' : 'shape'
  if (!isText(epoch) || !Number.isSafeInteger(version))
    return DEV ? '"epoch" is not text or "version" not a number.' : 'shape'
  return undefined
}

function clauseScope({ scope, segments }: Ruleset, { now }: PrepareOptions): ClauseScope {
  const instance = isText(scope) ? instanceOf(scope) : undefined
  const surroundings = { instance, now }
  const compiled = new Map<string, Predicate>()
  for (const [key, segment] of Object.entries(segments))
    compiled.set(key, compileSegment(segment, { ...surroundings, segment: undefined }))
  return { ...surroundings, segment: (key) => compiled.get(key) }
}
