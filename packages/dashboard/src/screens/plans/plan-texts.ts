import { wantedTagsText } from '../../forms/wanted-tags.ts'
import { count, listed, number } from '../../parts/format.ts'
import type { PlanUsage } from '../../rollouts/plan-list.ts'
import type { Plan, Selector, Step } from './plan-requests.ts'

const MINUTES = [
  ['day', 24 * 60],
  ['h', 60],
  ['min', 1],
] as const

/** Conditions that end a step, in the order of a list. */
export const GATES: Readonly<Record<Step['gate'], string>> = {
  healthy: 'Metrics',
  time: 'Time',
  manual: 'A person',
}

const GATE_TEXTS: Readonly<Record<Step['gate'], string>> = {
  healthy: 'until the metrics rule out harm',
  time: 'unless a metric regresses',
  manual: 'until a person advances it',
}

/** Returns a duration, such as `1 day 2 h` or `30 min`. */
export function minutesText(minutes: number): string {
  if (Number.isNaN(minutes)) return '… min'
  let left = minutes
  const parts = MINUTES.flatMap(([unit, length]) => {
    const value = Math.floor(left / length)
    left -= value * length
    if (value === 0) return []
    return unit === 'day' ? count(value, unit) : `${value} ${unit}`
  })
  return parts.join(' ') || '0 min'
}

/** Returns the audience of a step, such as `10 % of the users` or `Segment staff`. */
export function audienceText({ audience }: Pick<Step, 'audience'>): string {
  if ('share' in audience)
    return audience.share === 100 ? 'All users' : `${percentText(audience.share)} of the users`
  const { segments } = audience
  return `${segments.length === 1 ? 'Segment' : 'Segments'} ${listed(segments) || '…'}`
}

/** Returns a step in words, such as `10 % of the users for at least 30 min and 500 users, …`. */
export function stepText(step: Step): string {
  const { minMinutes, minUnits, gate } = step
  const least = [
    minMinutes !== 0 && minutesText(minMinutes),
    minUnits !== 0 && (Number.isNaN(minUnits) ? '… users' : count(minUnits, 'user')),
  ].filter((one) => one !== false)
  const time = least.length === 0 ? '' : ` for at least ${least.join(' and ')}`
  return `${audienceText(step)}${time}, ${GATE_TEXTS[gate]}`
}

/** Returns the instances of a wave in words, such as `Instances with tier=pilot`. */
export function instancesText({ keys, tags, percent, rest }: Selector): string {
  const named = keys && listed(keys)
  const withTags = tags && `with ${wantedTagsText(tags)}`
  if (rest && !named && !withTags && percent === undefined) return 'All instances that are left'
  const some = percent !== undefined && `The first ${percentText(percent)} of`
  const subject = some ? `${some} ${named ?? 'the instances'}` : (named ?? 'Instances')
  const environment = rest && 'and the environment itself'
  return [subject, withTags, environment].filter((one) => one).join(' ')
}

/** Returns the end of a plan and its answer to a regression, in sentences. */
export function endTexts({ holdback, onRegression, failBudget, metrics }: Plan): readonly string[] {
  const kept = holdback && percentText(holdback.percent)
  const budget = Number.isNaN(failBudget) ? '…' : number(failBudget)
  return [
    holdback
      ? `After the last step, all but ${kept} of the users have the new variant. The others follow after ${minutesText(holdback.hours * 60)}.`
      : 'After the last step, all users have the new variant.',
    onRegression === 'rollback'
      ? 'An instance that regresses is rolled back.'
      : 'An instance that regresses is held until a person decides.',
    failBudget === 0
      ? 'The first instance that is rolled back holds everything in progress.'
      : `With more than ${budget} rolled back, everything in progress is held.`,
    judgedText(metrics),
  ]
}

/** Returns the words of the dialog that deletes a plan, or resets a changed built-in one. */
export function deletionOf({ origin, rollouts }: Pick<PlanUsage, 'origin' | 'rollouts'>) {
  const use =
    rollouts.length === 0
      ? 'No rollout in progress follows it.'
      : `${listed(rollouts)} ${rollouts.length === 1 ? 'follows' : 'follow'} a copy of it, and ${rollouts.length === 1 ? 'goes' : 'go'} on unchanged.`
  return origin === 'changed'
    ? {
        verb: 'Reset',
        done: 'reset',
        text: `Every project has this plan. Its original settings apply again. ${use}`,
      }
    : { verb: 'Delete', done: 'deleted', text: use }
}

/** Reason that a plan which every project has cannot be deleted. */
export const BUILT_IN = 'Every project has this plan. You can edit it, or create a copy.'

function judgedText(metrics: readonly string[] | undefined): string {
  if (metrics === undefined) return 'All guardrails and goals judge it.'
  if (metrics.length === 0) return 'No metric judges it.'
  return `The metrics that judge it are ${listed(metrics)}.`
}

const percentText = (percent: number): string => (Number.isNaN(percent) ? '… %' : `${percent} %`)
