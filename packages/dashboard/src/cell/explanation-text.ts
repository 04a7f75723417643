import type { Explanation } from '../flag/flag-requests.ts'
import { number, percentOf } from '../parts/format.ts'

/** Returns the reason of an evaluation in one or two sentences. */
export function explanationText(explanation: Explanation): string {
  const { errorMessage, decision, layer, rule, rollout } = explanation
  if (errorMessage !== undefined) return errorMessage
  const from = layer === undefined || layer === 'default' ? '' : ` The layer ${layer} decides.`
  switch (decision) {
    case 'killed':
      return `The flag is killed.${from}`
    case 'off':
      return `The flag is switched off.${from}`
    case 'prerequisite':
      return 'A prerequisite serves another variant.'
    case 'rule':
      return `The rule "${rule?.name ?? rule?.id}" matches.${from}`
    case 'rollout':
      return `The unit is in the rollout${placeText(rollout)}.${from}`
    default:
      return rollout === undefined
        ? `No rule matches, so the default applies.${from}`
        : `The unit is outside the rollout${placeText(rollout)}, so the default applies.${from}`
  }
}

function placeText(rollout: Explanation['rollout']): string {
  if (rollout === undefined) return ''
  const share = `to ${percentOf(rollout.share)}`
  if (rollout.bucket === undefined) return ` ${share}: the context has no ${rollout.by}`
  return ` ${share}: its bucket is ${number(rollout.bucket)} of 100,000`
}
