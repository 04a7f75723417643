import { compileWhen, type Predicate } from './clause.ts'
import { type FlagScope, ShapeError } from './flag-scope.ts'
import type { Outcome } from './outcome.ts'
import type { EvaluationContext, FlagMetadata } from './resolution.ts'
import { compileRollout, type PreparedRollout } from './rollout.ts'
import { compileServe, type Serving } from './serve.ts'
import { isObject, isOptional, isWhen } from './shape.ts'

/** One configuration of a flag, ready to be asked. */
export interface PreparedConfiguration {
  /** The only outcome, where nothing has to be asked: killed, off, or the same for everybody. */
  readonly fixed: Outcome | undefined
  /** Served while a prerequisite is not met. */
  readonly unmet: Outcome | undefined
  /** Steps 5 to 7 of `docs/spec.md` §3. */
  readonly resolve: (context: EvaluationContext) => Outcome
}

interface PreparedRule {
  readonly holds: Predicate
  readonly serve: Serving
}

type Resolve = (context: EvaluationContext) => Outcome

/** @throws {ShapeError} for what has not the shape of `docs/spec.md` §2 */
export function compileConfiguration(
  configuration: Record<string, unknown>,
  scope: FlagScope,
): PreparedConfiguration {
  const off = configuration.off as string // The outcomes below check that it is a variant.
  const rules = compileRules(configuration.rules ?? [], off, scope)
  const rollout =
    configuration.rollout === undefined
      ? undefined
      : compileRollout(configuration.rollout, off, scope)
  const isPlain = rules.length === 0 && !rollout && !scope.hasPrerequisites && !scope.hasInstances
  const fallthrough = (metadata: FlagMetadata) =>
    compileFallthrough(configuration.fallthrough, { off, isPlain, metadata }, scope)

  const stopped = compileStop(configuration, off, scope)
  const last = fallthrough({})
  const isFixed = rules.length === 0 && !rollout && last.only !== undefined
  return {
    fixed: stopped ?? (isFixed && !scope.hasPrerequisites ? last.only : undefined),
    unmet: scope.hasPrerequisites ? disabled(off, 'prerequisite', scope) : undefined,
    resolve: withRules(rules, withRollout(rollout, last.resolve, fallthrough)),
  }
}

/** The off variant of a flag that is killed or not on; undefined for one that is on. */
function compileStop(
  { killed, on }: Record<string, unknown>,
  off: string,
  scope: FlagScope,
): Outcome | undefined {
  if (typeof on !== 'boolean' || !isOptional(killed, 'boolean'))
    throw new ShapeError('"on" or "killed" is not a boolean.')
  if (killed === true) return disabled(off, 'killed', scope)
  const outcome = disabled(off, 'off', scope)
  return on ? undefined : outcome
}

function disabled(
  off: string,
  reasonDetail: NonNullable<FlagMetadata['reasonDetail']>,
  scope: FlagScope,
): Outcome {
  return scope.outcomes.outcome(off, 'DISABLED', { reasonDetail })
}

function compileRules(rules: unknown, off: string, scope: FlagScope): readonly PreparedRule[] {
  if (!Array.isArray(rules)) throw new ShapeError('"rules" is not a list.')
  return rules.map((rule: unknown) => {
    if (!isObject(rule) || typeof rule.id !== 'string' || !isWhen(rule.when))
      throw new ShapeError('A rule needs "id", "when" and "serve".')
    const meaning = { reason: 'TARGETING_MATCH', flagMetadata: { ruleId: rule.id }, off } as const
    return {
      holds: compileWhen(rule.when, scope.clauses),
      serve: compileServe(rule.serve, meaning, scope.outcomes, scope.clauses),
    }
  })
}

/** What is served when nothing else is, and the outcome where there is only one. */
function compileFallthrough(
  serve: unknown,
  parts: { off: string; isPlain: boolean; metadata: FlagMetadata },
  scope: FlagScope,
): { resolve: Resolve; only: Outcome | undefined } {
  const { off, isPlain, metadata: flagMetadata } = parts
  const meaning = { reason: isPlain ? 'STATIC' : 'DEFAULT', flagMetadata, off } as const
  const serving = compileServe(serve, meaning, scope.outcomes, scope.clauses)
  if (isObject(serve) && typeof serve.variant === 'string') {
    const only = serving({})!
    return { resolve: () => only, only }
  }

  const keyless = scope.outcomes.outcome(off, 'DEFAULT', {
    reasonDetail: 'bucket-key-missing',
    ...flagMetadata,
  })
  return { resolve: (context) => serving(context) ?? keyless, only: undefined }
}

function withRollout(
  rollout: PreparedRollout | undefined,
  last: Resolve,
  fallthrough: (metadata: FlagMetadata) => { resolve: Resolve },
): Resolve {
  if (rollout === undefined) return last

  const control = fallthrough({ ...rollout.metadata, arm: 'control' }).resolve
  return (context) => {
    const served = rollout.serve(context)
    if (served === 'control') return control(context)
    return served ?? last(context).afterMissingKey()
  }
}

function withRules(rules: readonly PreparedRule[], rest: Resolve): Resolve {
  if (rules.length === 0) return rest

  return (context) => {
    let isKeyMissing = false
    for (const { holds, serve } of rules) {
      if (!holds(context)) continue
      const served = serve(context)
      if (served !== undefined) return isKeyMissing ? served.afterMissingKey() : served
      isKeyMissing = true
    }
    const served = rest(context)
    return isKeyMissing ? served.afterMissingKey() : served
  }
}
