import {
  diff,
  type EvaluationContext,
  evaluate,
  type FlaghoistError,
  type Prepared,
  prepare,
  type RulesetFlag,
  type RulesetSegment,
} from '@flaghoist/core'
import { type Resolution, resolutionOf } from '@flaghoist/core/internal'
import { memoise } from '../memoise.ts'
import { type PublishedRuleset, type RulesetTarget, targetName } from '../rulesets/rulesets.ts'
import { failureOf, ofrepProblem } from './errors.ts'

/** The remote evaluation of one version of a ruleset. */
export interface Evaluator {
  readonly published: PublishedRuleset
  /** True if evaluations depend on the current time, because a clause compares it. */
  readonly readsClock: boolean
  /**
   * Evaluates one flag, as OFREP's JSON. Without value and variant, the client uses the default in
   * its code.
   * @throws {FlaghoistError} `FLAG_NOT_FOUND`, `FLAG_BROKEN`
   */
  one(key: string, context: EvaluationContext): string
  /**
   * Evaluates all flags, as the items of OFREP's `flags`. A broken flag becomes a failure. A flag
   * without a value is left out: `@openfeature/ofrep-web-provider` 0.4.3 would return `undefined`
   * instead of the caller's default.
   */
  all(context: EvaluationContext): string
}

/** Evaluators kept for the next version of their ruleset; the oldest is evicted first. */
const MAX_TARGETS = 1_000

/**
 * Returns a function that prepares the evaluator of a published ruleset. The next version reuses
 * unchanged flags.
 */
export function createEvaluators(
  now: () => number,
): (target: RulesetTarget, published: PublishedRuleset) => Evaluator {
  const newest = new Map<string, TargetEvaluator>()
  // A flag has few resolutions, and the text of each is cached.
  const texts = memoise(answerText)
  const clocks = memoise(mentionsClock)

  return (target, published) => {
    const name = targetName(target)
    const before = newest.get(name)
    if (before?.published === published) return before

    const prepared = prepareNext(before, published, now)
    const evaluator = new TargetEvaluator(published, prepared, { texts, clocks })
    newest.delete(name)
    newest.set(name, evaluator)
    if (newest.size > MAX_TARGETS) newest.delete(newest.keys().next().value!)
    return evaluator
  }
}

interface EvaluatorCaches {
  readonly texts: (resolution: Resolution) => string
  readonly clocks: (item: RulesetFlag | RulesetSegment) => boolean
}

class TargetEvaluator implements Evaluator {
  readonly published: PublishedRuleset
  readonly prepared: Prepared
  readonly #caches: EvaluatorCaches
  readonly #keys: readonly string[]
  #readsClock: boolean | undefined

  constructor(published: PublishedRuleset, prepared: Prepared, caches: EvaluatorCaches) {
    this.published = published
    this.prepared = prepared
    this.#caches = caches
    this.#keys = Object.keys(published.ruleset.flags)
  }

  get readsClock(): boolean {
    const { flags, segments } = this.published.ruleset
    this.#readsClock ??= [...Object.values(flags), ...Object.values(segments)].some(
      this.#caches.clocks,
    )
    return this.#readsClock
  }

  one(key: string, context: EvaluationContext): string {
    const resolution = resolutionOf(this.prepared, key, context)
    if (resolution === undefined) throw whyNot(this.prepared, key)
    return this.#caches.texts(resolution)
  }

  all(context: EvaluationContext): string {
    const texts: string[] = []
    for (const key of this.#keys) {
      const resolution = resolutionOf(this.prepared, key, context)
      if (resolution === undefined)
        texts.push(JSON.stringify(failureOf(whyNot(this.prepared, key), key)))
      else if (resolution.variant !== undefined) texts.push(this.#caches.texts(resolution))
    }
    return texts.join(',')
  }
}

/** A resolution in OFREP's format. */
function answerText({ parts, value, reason, variant, flagMetadata }: Resolution): string {
  const metadata = Object.keys(flagMetadata).length === 0 ? undefined : flagMetadata
  return JSON.stringify({ key: parts.flag, value, reason, variant, metadata })
}

function prepareNext(
  before: TargetEvaluator | undefined,
  { ruleset }: PublishedRuleset,
  now: () => number,
): Prepared {
  if (before === undefined) return prepare(ruleset, { now })
  const known = before.published.ruleset
  const isNext = known.epoch === ruleset.epoch && known.version < ruleset.version
  return isNext ? before.prepared.patched(diff(known, ruleset)) : prepare(ruleset, { now })
}

function whyNot(prepared: Prepared, key: string): FlaghoistError {
  const { errorCode, errorMessage = '' } = evaluate(prepared, key, undefined, null)
  if (errorCode === 'FLAG_NOT_FOUND')
    return ofrepProblem('FLAG_NOT_FOUND', { flag: key, scope: prepared.ruleset.scope })
  return ofrepProblem('FLAG_BROKEN', { problem: errorMessage })
}

function mentionsClock(item: RulesetFlag | RulesetSegment): boolean {
  const conditions =
    'include' in item
      ? [item]
      : [item, ...Object.values(item.instances ?? {})].flatMap(({ rules }) => rules ?? [])
  return conditions.some(({ when }) =>
    when.some((group) => group.some(({ attribute }) => attribute === '$now')),
  )
}
