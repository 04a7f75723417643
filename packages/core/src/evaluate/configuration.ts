import { DEV } from '../dev.ts'
import { assertShape, isObject, isText, isWhen } from '../shape.ts'
import { type ClauseInputs, matchesWhen, type PreparedWhen, prepareWhen } from './clause.ts'
import type {
  EvaluationContext,
  FlagMetadata,
  ReasonDetail,
  Resolution,
  Unit,
} from './resolution.ts'
import { evaluateRollout, type PreparedRollout, prepareRollout } from './rollout.ts'
import {
  type CreateResolution,
  evaluateServe,
  type PreparedServe,
  prepareServe,
  type ServeInputs,
} from './serve.ts'

/** One configuration of a flag in its form for evaluation. */
export interface PreparedConfiguration {
  /** The only resolution of a configuration that is killed, off, or equal for all contexts. */
  readonly fixed: Resolution | undefined
  /** The resolution while a prerequisite is unmet. */
  readonly unmet: Resolution | undefined
  readonly rules: readonly PreparedRule[]
  readonly rollout: PreparedRollout | undefined
  readonly fallthrough: PreparedServe
  /** The fallthrough for the control arm of the rollout. */
  readonly control: PreparedServe
  /** The resolution where the fallthrough is a split whose unit is missing; undefined otherwise. */
  readonly keyless: Resolution | undefined
  /** The same resolution for the control arm. */
  readonly keylessControl: Resolution | undefined
}

interface PreparedRule {
  readonly when: PreparedWhen
  readonly serve: PreparedServe
}

/** The inputs of a configuration, from its flag and its ruleset. */
export interface ConfigurationInputs {
  readonly clauses: ClauseInputs
  readonly make: CreateResolution
  readonly hasPrerequisites: boolean
  readonly hasInstances: boolean
}

/** @throws for a configuration that does not have the shape of `docs/spec.md` §2 */
export function prepareConfiguration(
  { on, off, killed = false, rules = [], rollout, fallthrough }: Record<string, unknown>,
  { clauses, make, hasPrerequisites, hasInstances }: ConfigurationInputs,
): PreparedConfiguration {
  assertShape(
    typeof on === 'boolean' && typeof killed === 'boolean',
    DEV && '"on" and "killed" must be booleans.',
  )
  assertShape(Array.isArray(rules), DEV && '"rules" must be a list.')
  const common = { off, make }
  const preparedRules = rules.map((rule) => prepareRule(rule, common, clauses))
  const preparedRollout =
    rollout === undefined ? undefined : prepareRollout(rollout, common, clauses)

  const isFixed = rules.length === 0 && preparedRollout === undefined && !hasPrerequisites
  const reason = isFixed && !hasInstances ? 'STATIC' : 'DEFAULT'
  const last = (flagMetadata: FlagMetadata, unit?: Unit) =>
    prepareServe(fallthrough, { ...common, reason, flagMetadata, unit }, clauses)
  const keyless = (flagMetadata: FlagMetadata, unit?: Unit) =>
    served.only === undefined
      ? make(off, 'DEFAULT', { reasonDetail: 'bucket-key-missing', ...flagMetadata }, unit)
      : undefined
  const arm = { ...preparedRollout?.metadata, arm: 'control' } as const
  const disabled = (reasonDetail: ReasonDetail) => make(off, 'DISABLED', { reasonDetail })

  const stopped = disabled(killed ? 'killed' : 'off')
  const served = last({})
  return {
    fixed: killed || !on ? stopped : isFixed ? served.only : undefined,
    unmet: hasPrerequisites ? disabled('prerequisite') : undefined,
    rules: preparedRules,
    rollout: preparedRollout,
    fallthrough: served,
    control: preparedRollout ? last(arm, preparedRollout.unit) : served,
    keyless: keyless({}),
    keylessControl: keyless(arm, preparedRollout?.unit),
  }
}

function prepareRule(rule: unknown, common: ServeInputs, clauses: ClauseInputs): PreparedRule {
  assertShape(
    isObject(rule) && isText(rule.id) && isWhen(rule.when),
    DEV && 'A rule needs "id", "when" and "serve".',
  )
  const options = {
    ...common,
    reason: 'TARGETING_MATCH',
    flagMetadata: { ruleId: rule.id },
  } as const
  return {
    when: prepareWhen(rule.when, clauses),
    serve: prepareServe(rule.serve, options, clauses),
  }
}

/** Runs steps 5 to 7 of `docs/spec.md` §3. */
export function evaluateConfiguration(
  { rules, rollout, fallthrough, control, keyless, keylessControl }: PreparedConfiguration,
  context: EvaluationContext,
): Resolution {
  let isKeyMissing = false
  for (let i = 0; i < rules.length; i += 1) {
    const rule = rules[i]!
    if (!matchesWhen(rule.when, context)) continue
    const served = evaluateServe(rule.serve, context)
    if (served !== undefined) return annotated(served, isKeyMissing)
    isKeyMissing = true
  }
  const placed = rollout && evaluateRollout(rollout, context)
  if (placed === 'control')
    return annotated(evaluateServe(control, context) ?? keylessControl!, isKeyMissing)
  isKeyMissing ||= rollout !== undefined && placed === undefined
  return annotated(placed ?? evaluateServe(fallthrough, context) ?? keyless!, isKeyMissing)
}

function annotated(resolution: Resolution, isKeyMissing: boolean): Resolution {
  return isKeyMissing ? resolution.afterMissingKey() : resolution
}
