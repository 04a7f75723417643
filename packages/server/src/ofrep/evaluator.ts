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
  /** Number of flags, broken ones too. */
  readonly size: number
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
  all(context: EvaluationContext): SizedText
}

/**
 * A text and the number of its bytes in UTF-8. Adding the numbers of all flags takes less time than
 * counting the bytes of a response.
 */
export interface SizedText {
  readonly text: string
  readonly bytes: number
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
  readonly texts: (resolution: Resolution) => SizedText
  readonly clocks: (item: RulesetFlag | RulesetSegment) => boolean
}

class TargetEvaluator implements Evaluator {
  readonly published: PublishedRuleset
  readonly prepared: Prepared
  readonly #caches: EvaluatorCaches
  readonly #keys: readonly string[]
  /** The constant items by the index of their keys, made for the first evaluation of all flags. */
  #constants: readonly (SizedText | undefined)[] | undefined
  #readsClock: boolean | undefined

  constructor(published: PublishedRuleset, prepared: Prepared, caches: EvaluatorCaches) {
    this.published = published
    this.prepared = prepared
    this.#caches = caches
    this.#keys = Object.keys(published.ruleset.flags)
  }

  get size(): number {
    return this.#keys.length
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
    return this.#caches.texts(resolution).text
  }

  all(context: EvaluationContext): SizedText {
    this.#constants ??= this.#keys.map((key) => this.#constant(key))
    const texts: string[] = []
    let bytes = 0
    for (let i = 0; i < this.#keys.length; i += 1) {
      const item = this.#constants[i] ?? this.#item(this.#keys[i]!, context)
      if (item === NO_VALUE) continue
      texts.push(item.text)
      bytes += item.bytes
    }
    const commas = Math.max(0, texts.length - 1)
    return { text: texts.join(','), bytes: bytes + commas }
  }

  /** The item of a flag that any context evaluates alike; undefined for another flag. */
  #constant(key: string): SizedText | undefined {
    const flag = this.prepared.find(key)
    return flag === undefined || flag.fixed !== undefined ? this.#item(key, {}) : undefined
  }

  /** The item of a flag among all flags. */
  #item(key: string, context: EvaluationContext): SizedText {
    const resolution = resolutionOf(this.prepared, key, context)
    if (resolution === undefined)
      return sized(JSON.stringify(failureOf(whyNot(this.prepared, key), key)))
    return resolution.variant === undefined ? NO_VALUE : this.#caches.texts(resolution)
  }
}

/** A resolution in OFREP's format. */
function answerText({ parts, value, reason, variant, flagMetadata }: Resolution): SizedText {
  const metadata = Object.keys(flagMetadata).length === 0 ? undefined : flagMetadata
  return sized(JSON.stringify({ key: parts.flag, value, reason, variant, metadata }))
}

function sized(text: string): SizedText {
  return { text, bytes: Buffer.byteLength(text) }
}

/** The item of a flag without a value, which is left out. */
const NO_VALUE = sized('')

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
