import { DEV } from '../dev.ts'
import { isObject, isText, isWhen, need } from '../shape.ts'
import { type ClauseScope, compileWhen, holds, type When } from './clause.ts'
import type {
  EvaluationContext,
  FlagMetadata,
  ReasonDetail,
  Resolution,
  Unit,
} from './resolution.ts'
import { compileRollout, type PreparedRollout, place } from './rollout.ts'
import { compileServe, type MakeResolution, type PreparedServe, serve } from './serve.ts'

/** One configuration of a flag, ready to be asked. */
export interface PreparedConfiguration {
  /** The only resolution, where nothing has to be asked: killed, off, or the same for everybody. */
  readonly fixed: Resolution | undefined
  /** Served while a prerequisite is not met. */
  readonly unmet: Resolution | undefined
  readonly rules: readonly PreparedRule[]
  readonly rollout: PreparedRollout | undefined
  readonly fallthrough: PreparedServe
  /** The fallthrough for the control arm of the rollout. */
  readonly control: PreparedServe
  /** Served where the fallthrough is a split whose unit is missing; by arm. */
  readonly keyless: Resolution
  readonly keylessControl: Resolution
}

interface PreparedRule {
  readonly when: When
  readonly serve: PreparedServe
}

/** What a configuration is compiled with, of its flag and of the ruleset. */
export interface FlagScope {
  readonly clauses: ClauseScope
  readonly make: MakeResolution
  readonly hasPrerequisites: boolean
  readonly hasInstances: boolean
}

/** @throws for what has not the shape of `docs/spec.md` §2 */
export function compileConfiguration(
  { on, off, killed = false, rules = [], rollout, fallthrough }: Record<string, unknown>,
  { clauses, make, hasPrerequisites, hasInstances }: FlagScope,
): PreparedConfiguration {
  need(
    typeof on === 'boolean' && typeof killed === 'boolean',
    DEV && '"on" or "killed" is not a boolean.',
  )
  need(Array.isArray(rules), DEV && '"rules" is not a list.')
  const preparedRules = rules.map((rule: unknown): PreparedRule => {
    need(
      isObject(rule) && isText(rule.id) && isWhen(rule.when),
      DEV && 'A rule needs "id", "when" and "serve".',
    )
    const flagMetadata = { ruleId: rule.id }
    return {
      when: compileWhen(rule.when, clauses),
      serve: compileServe(
        rule.serve,
        { reason: 'TARGETING_MATCH', flagMetadata, off, make },
        clauses,
      ),
    }
  })
  const preparedRollout =
    rollout === undefined ? undefined : compileRollout(rollout, { off, make }, clauses)

  const isFixed = rules.length === 0 && preparedRollout === undefined && !hasPrerequisites
  const reason = isFixed && !hasInstances ? 'STATIC' : 'DEFAULT'
  const last = (flagMetadata: FlagMetadata, unit?: Unit) =>
    compileServe(fallthrough, { reason, flagMetadata, off, unit, make }, clauses)
  const keyless = (flagMetadata: FlagMetadata, unit?: Unit) =>
    make(off, 'DEFAULT', { reasonDetail: 'bucket-key-missing', ...flagMetadata }, unit)
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

/** Steps 5 to 7 of `docs/spec.md` §3. */
export function resolve(
  { rules, rollout, fallthrough, control, keyless, keylessControl }: PreparedConfiguration,
  context: EvaluationContext,
): Resolution {
  let isKeyMissing = false
  for (const rule of rules) {
    if (!holds(rule.when, context)) continue
    const served = serve(rule.serve, context)
    if (served !== undefined) return told(served, isKeyMissing)
    isKeyMissing = true
  }
  const placed = rollout && place(rollout, context)
  if (placed === 'control') return told(serve(control, context) ?? keylessControl, isKeyMissing)
  isKeyMissing ||= rollout !== undefined && placed === undefined
  return told(placed ?? serve(fallthrough, context) ?? keyless, isKeyMissing)
}

function told(resolution: Resolution, isKeyMissing: boolean): Resolution {
  return isKeyMissing ? resolution.afterMissingKey() : resolution
}
