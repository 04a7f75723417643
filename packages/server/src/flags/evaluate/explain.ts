import {
  bucketOf,
  type EvaluationContext,
  evaluate,
  type JsonValue,
  type Prepared,
  type ResolutionDetails,
  type RulesetFlag,
} from '@flaghoist/core'
import { attributeReader, resolutionOf, unitText } from '@flaghoist/core/internal'
import { instanceOf } from '@flaghoist/core/model'

/** The part of a flag that decided its answer. */
export type Decision = 'killed' | 'off' | 'prerequisite' | 'rule' | 'rollout' | 'fallthrough'

/** The place of a unit in a rollout or a split; without a bucket if the context lacks the unit. */
export interface Place {
  readonly by: string
  readonly bucket?: number | undefined
}

/** The answer of a flag to a context, with its cause. */
export interface Explanation {
  /** `value` and `variant` are absent where an SDK returns the fallback of its caller. */
  readonly details: Omit<ResolutionDetails, 'value'> & { readonly value?: JsonValue | undefined }
  /** Undefined after an error. */
  readonly decision: Decision | undefined
  readonly rollout?: (Place & { readonly share: number }) | undefined
  /** The split of the serve that decided. */
  readonly split?: Place | undefined
}

/** The question of an explanation. */
export interface Question {
  readonly flag: string
  readonly context: EvaluationContext
  /** Value that the caller's code would return without a variant. */
  readonly fallback?: JsonValue | undefined
  /** Wall clock, epoch ms. */
  readonly now: () => number
}

/** Evaluates a flag as an SDK does, and explains the result. */
export function explain(prepared: Prepared, question: Question): Explanation {
  const { flag, context } = question
  const details = detailsOf(prepared, question)
  const decision = decisionOf(details)
  const source = prepared.ruleset.flags[flag]
  if (source === undefined || decision === undefined) return { details, decision }

  const place = (by: string, salt: string): Place => {
    const read = attributeReader(by, {
      instance: instanceOf(prepared.ruleset.scope),
      now: question.now,
    })
    const unit = unitText(read === undefined ? context[by] : read(context))
    return { by, ...(unit !== undefined && { bucket: bucketOf(salt, unit) }) }
  }
  const { rules = [], rollout, fallthrough } = configurationOf(source, context)
  const isPastRules = decision === 'rollout' || decision === 'fallthrough'
  const serve = {
    rule: rules.find(({ id }) => id === details.flagMetadata.ruleId)?.serve,
    rollout: rollout?.serve,
    fallthrough,
  }[decision as 'rule' | 'rollout' | 'fallthrough']
  return {
    details,
    decision,
    ...(rollout &&
      isPastRules && { rollout: { ...place(rollout.by, rollout.salt), share: rollout.share } }),
    ...(serve && 'split' in serve && { split: place(serve.split.by, serve.split.salt) }),
  }
}

function detailsOf(
  prepared: Prepared,
  { flag, context, fallback }: Question,
): Explanation['details'] {
  if (fallback !== undefined) return evaluate(prepared, flag, context, fallback)
  const resolution = resolutionOf(prepared, flag, context)
  if (resolution !== undefined) {
    const { value, variant, reason, flagMetadata } = resolution
    return { value, ...(variant !== undefined && { variant }), reason, flagMetadata }
  }
  const { value: _, ...failure } = evaluate(prepared, flag, context, null)
  return failure
}

function decisionOf({ reason, flagMetadata }: Explanation['details']): Decision | undefined {
  const { reasonDetail, ruleId, arm } = flagMetadata
  if (reason === 'ERROR') return undefined
  if (reason === 'DISABLED') return reasonDetail as 'killed' | 'off' | 'prerequisite'
  if (ruleId !== undefined) return 'rule'
  // Members of a rollout's segments match without an arm.
  return arm === 'treatment' || reason === 'TARGETING_MATCH' ? 'rollout' : 'fallthrough'
}

/** The configuration of a context: that of its instance, where the ruleset holds one. */
function configurationOf(source: RulesetFlag, { instance }: EvaluationContext) {
  const { instances = {} } = source
  return typeof instance === 'string' && Object.hasOwn(instances, instance)
    ? instances[instance]!
    : source
}
