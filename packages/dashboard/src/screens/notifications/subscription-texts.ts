import { listed } from '../../parts/format.ts'
import type { Delivery, DeliveryState, Subscription } from './subscription-requests.ts'

export const CHANNELS: Readonly<Record<Subscription['channel'], string>> = {
  slack: 'Slack',
  teams: 'Microsoft Teams',
  mattermost: 'Mattermost',
  webhook: 'Webhook',
}

/** The events of notices. */
export const EVENTS: readonly Delivery['event'][] = [
  'rolled-back',
  'held',
  'quarantined',
  'killed',
  'restored',
  'rollout-started',
  'wave-opened',
  'safe-to-stop-watching',
  'rollout-ended',
  'freeze-overridden',
  'daily-report',
]

export const STATES: Readonly<Record<DeliveryState, string>> = {
  pending: 'Pending',
  delivered: 'Delivered',
  failed: 'Failed',
  skipped: 'Skipped',
}

/** Shapes of the states, beside their words. */
export const STATE_SIGNS: Readonly<Record<DeliveryState, string>> = {
  pending: '…',
  delivered: '✓',
  failed: '✕',
  skipped: '–',
}

/** Returns an event in words, such as `rolled back`. */
export const eventText = (event: Delivery['event']): string => event.replaceAll('-', ' ')

/** Returns what a subscription receives, such as `held and killed in production, from warning`. */
export function contentText({ events, scopes, minSeverity }: Subscription): string {
  const what = events.length === EVENTS.length ? 'every event' : listed(events.map(eventText))
  const where = scopes === undefined ? '' : ` in ${listed(scopes)}`
  const from = minSeverity === 'info' ? '' : `, from ${minSeverity}`
  return what + where + from
}
