import {
  type EvaluationContext,
  evaluate,
  type FlaghoistError,
  type Outcome,
  outcomeOf,
  type Prepared,
  prepare,
  type Ruleset,
} from '@flaghoist/core'
import type { PublishedRuleset } from '../rulesets/rulesets.ts'
import { failureOf, ofrepProblem } from './errors.ts'

/** One version of a ruleset, ready to be asked over the wire. */
export interface Evaluator {
  readonly published: PublishedRuleset
  /** Whether answers may differ from one moment to the next: the ruleset asks what time it is. */
  readonly readsClock: boolean
  /**
   * The answer for one flag, as OFREP's JSON. Flags that are off or killed have a value too, so that no client
   * falls back to a default that nobody chose.
   * @throws {FlaghoistError} `FLAG_NOT_FOUND`, `FLAG_BROKEN`
   */
  one(key: string, context: EvaluationContext): string
  /** The answers for all flags, as the members of OFREP's `flags`. A broken flag is a failure among them. */
  all(context: EvaluationContext): string
}

/** Gives the evaluator of a ruleset; each version is prepared once. */
export function createEvaluators(now: () => number): (published: PublishedRuleset) => Evaluator {
  const known = new WeakMap<PublishedRuleset, Evaluator>()
  return (published) => {
    const evaluator = known.get(published) ?? createEvaluator(published, now)
    known.set(published, evaluator)
    return evaluator
  }
}

function createEvaluator(published: PublishedRuleset, now: () => number): Evaluator {
  const prepared = prepare(published.ruleset, { now })
  // A flag has few outcomes, and each of them has one text.
  const texts = new WeakMap<Outcome, string>()
  const textOf = (outcome: Outcome) => {
    const text = texts.get(outcome) ?? answerText(outcome)
    texts.set(outcome, text)
    return text
  }
  let readsClock: boolean | undefined
  const failures = [...prepared.broken.keys()].map((key) =>
    JSON.stringify(failureOf(whyNot(prepared, key), key)),
  )

  return {
    published,
    get readsClock() {
      readsClock ??= mentionsClock(published.ruleset)
      return readsClock
    },
    one(key, context) {
      const outcome = outcomeOf(prepared, key, context)
      if (outcome === undefined) throw whyNot(prepared, key)
      return textOf(outcome)
    },
    all(context) {
      const answers = [...prepared.flags.keys()].map((key) => this.one(key, context))
      return [...answers, ...failures].join(',')
    },
  }
}

/** An outcome in OFREP's words. */
export function answerText({ flag, value, reason, variant, flagMetadata }: Outcome): string {
  const metadata = Object.keys(flagMetadata).length === 0 ? undefined : flagMetadata
  return JSON.stringify({ key: flag, value, reason, variant, metadata })
}

function whyNot(prepared: Prepared, key: string): FlaghoistError {
  const { errorCode, errorMessage = '' } = evaluate(prepared, key, undefined, null)
  if (errorCode === 'FLAG_NOT_FOUND')
    return ofrepProblem('FLAG_NOT_FOUND', { flag: key, scope: prepared.ruleset.scope })
  return ofrepProblem('FLAG_BROKEN', { problem: errorMessage })
}

function mentionsClock({ flags, segments }: Ruleset): boolean {
  const rules = Object.values(flags)
    .flatMap((flag) => [flag, ...Object.values(flag.instances ?? {})])
    .flatMap((configuration) => configuration.rules ?? [])
  return [...rules, ...Object.values(segments)].some(({ when }) =>
    when.some((group) => group.some(({ attribute }) => attribute === '$now')),
  )
}
