import type { Surroundings } from './attribute.ts'
import type { Predicate, SegmentLookup } from './clause.ts'
import { defineErrors } from './errors.ts'
import type { Outcome } from './outcome.ts'
import { mismatch, patch } from './patch.ts'
import { configurationFor, type PreparedFlag, prepareFlag } from './prepared-flag.ts'
import { Prerequisites } from './prerequisites.ts'
import type { EvaluationContext } from './resolution.ts'
import type { Ruleset, RulesetPatch } from './ruleset.ts'
import { compileSegment } from './segment.ts'
import { isObject } from './shape.ts'

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

const problem = defineErrors(rulesetErrors)

/**
 * A ruleset, ready to be asked: sets, dates, versions, globs, hash seeds and bucket limits are made once, and
 * every answer that a flag can give exists already. Immutable but for the exposure counters of its outcomes.
 */
export class Prepared {
  readonly ruleset: Ruleset
  /** Flags that can be asked. */
  readonly flags: ReadonlyMap<string, PreparedFlag>
  /** Flags that cannot, and what is wrong with them: they answer `PARSE_ERROR`. */
  readonly broken: ReadonlyMap<string, string>
  readonly #options: PrepareOptions
  readonly #prerequisites: Prerequisites
  readonly #segmentUsers = new Set<string>()

  /** @internal Use {@link prepare}. */
  constructor(ruleset: Ruleset, options: PrepareOptions, previous?: Prepared) {
    const surroundings = surroundingsOf(ruleset, options)
    const segments = compileSegments(ruleset.segments, surroundings)
    const flags = new Map<string, PreparedFlag>()
    const broken = new Map<string, string>()

    for (const [key, wire] of Object.entries(ruleset.flags)) {
      const lookup = recordingLookup(segments, () => this.#segmentUsers.add(key))
      const known = previous?.reusable(key, ruleset)
      const flag = known ?? prepareFlag(key, wire, { ...surroundings, segments: lookup })
      if (known !== undefined && previous?.usesSegments(key)) this.#segmentUsers.add(key)
      if ('problem' in flag) broken.set(key, flag.problem)
      else flags.set(key, flag)
    }
    this.ruleset = ruleset
    this.flags = flags
    this.broken = broken
    this.#options = options
    this.#prerequisites = new Prerequisites(flags)
  }

  /** The prepared flag that a next ruleset can keep, because nothing that it is made of has changed. */
  private reusable(key: string, next: Ruleset): PreparedFlag | undefined {
    if (own(this.ruleset.flags, key) !== own(next.flags, key)) return undefined
    if (this.ruleset.segments !== next.segments && this.usesSegments(key)) return undefined
    return this.flags.get(key)
  }

  private usesSegments(key: string): boolean {
    return this.#segmentUsers.has(key)
  }

  /**
   * The next version. Flags that the patch does not touch stay prepared, with their counters.
   * @throws {FlaghoistError} `PATCH_MISMATCH` for a patch of another epoch or version, or one that does not lead on
   */
  patched(change: RulesetPatch): Prepared {
    if (!(change.to > change.from)) throw mismatch(this.ruleset, change)
    return new Prepared(patch(this.ruleset, change), this.#options, this)
  }

  /** The outcome of a flag for a context: steps 2 to 7 of `docs/spec.md` §3. */
  readonly answer = (flag: PreparedFlag, context: EvaluationContext): Outcome => {
    const configuration = configurationFor(flag, context)
    if (configuration.fixed !== undefined) return configuration.fixed
    const { unmet } = configuration
    if (unmet !== undefined && !this.#prerequisites.areMet(flag, context, this.answer)) return unmet
    return configuration.resolve(context)
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
  const received: unknown = ruleset
  if (!isObject(received)) throw problem('RULESET_UNUSABLE', { problem: 'it is not an object.' })
  if (received.spec !== 1)
    throw problem('RULESET_UNUSABLE', {
      problem: `its specification is ${JSON.stringify(received.spec)}, not 1.`,
    })
  if (!isObject(received.flags) || !isObject(received.segments))
    throw problem('RULESET_UNUSABLE', { problem: '"flags" and "segments" are not objects.' })
  if (typeof received.epoch !== 'string' || !Number.isSafeInteger(received.version))
    throw problem('RULESET_UNUSABLE', { problem: '"epoch" is not text or "version" not a number.' })

  return new Prepared(ruleset, options)
}

function surroundingsOf({ scope }: Ruleset, { now }: PrepareOptions): Surroundings {
  const slash = typeof scope === 'string' ? scope.indexOf('/') : -1
  return { instance: slash < 0 ? undefined : scope.slice(slash + 1), now }
}

function compileSegments(
  segments: Ruleset['segments'],
  surroundings: Surroundings,
): ReadonlyMap<string, Predicate> {
  const scope = { ...surroundings, segments: undefined }
  return new Map(
    Object.entries(segments).map(([key, segment]) => [key, compileSegment(segment, scope)]),
  )
}

/** Notes that a flag looked for segments: it is prepared anew when segments change. */
function recordingLookup(
  segments: ReadonlyMap<string, Predicate>,
  onAsked: () => void,
): SegmentLookup {
  return {
    get(key) {
      onAsked()
      return segments.get(key)
    },
  }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
