import { timeZone } from '../../parts/time-zone.ts'
import { browserZone } from '../../parts/zone-clock.ts'
import type { Subscription, SubscriptionInput, SubscriptionPatch } from './subscription-requests.ts'
import { EVENTS } from './subscription-texts.ts'

/** A subscription as people type it. */
export interface SubscriptionDraft {
  name: string
  /** Empty to keep the URL of a subscription. */
  url: string
  events: Subscription['events']
  /** Scopes with commas between them; empty for all. */
  scopes: string
  minSeverity: Subscription['minSeverity']
  perMinute: string
  enabled: boolean
  reportAt: string
  reportZone: string
  onQuietDays: boolean
}

export const newDraft = (): SubscriptionDraft => ({
  name: '',
  url: '',
  events: [...EVENTS],
  scopes: '',
  minSeverity: 'info',
  perMinute: '10',
  enabled: true,
  reportAt: '08:00',
  reportZone: timeZone() ?? browserZone(),
  onQuietDays: false,
})

/** Returns the part that a draft lacks, in words; undefined if it is complete. */
export function missingOf({ events }: SubscriptionDraft): string | undefined {
  return events.length === 0 ? 'Choose an event.' : undefined
}

export function draftOf(subscription: Subscription): SubscriptionDraft {
  const { name, events, scopes = [], minSeverity, perMinute, enabled, dailyReport } = subscription
  return {
    ...newDraft(),
    ...{ name, minSeverity, enabled },
    events: [...events],
    scopes: scopes.join(', '),
    perMinute: String(perMinute),
    ...(dailyReport && {
      reportAt: dailyReport.at,
      reportZone: dailyReport.timeZone,
      onQuietDays: dailyReport.onQuietDays,
    }),
  }
}

/** Returns the body that changes a subscription. */
export function patchOf({ url, ...draft }: SubscriptionDraft): SubscriptionPatch {
  const scopes = scopesOf(draft.scopes)
  return {
    ...membersOf(draft),
    ...(url && { url: url.trim() }),
    scopes: scopes.length > 0 ? scopes : null,
  }
}

/** Returns the body that creates a subscription. */
export function inputOf(
  target: Pick<SubscriptionInput, 'key' | 'channel'>,
  draft: SubscriptionDraft,
): SubscriptionInput {
  const scopes = scopesOf(draft.scopes)
  return {
    ...target,
    ...membersOf(draft),
    url: draft.url.trim(),
    ...(scopes.length > 0 && { scopes }),
  }
}

function membersOf(draft: Omit<SubscriptionDraft, 'url'>) {
  const { name, events, minSeverity, perMinute, enabled } = draft
  const { reportAt, reportZone, onQuietDays } = draft
  return {
    ...(name.trim() && { name: name.trim() }),
    ...{ events, minSeverity, enabled },
    perMinute: Number(perMinute),
    ...(events.includes('daily-report') && {
      dailyReport: { at: reportAt, timeZone: reportZone.trim(), onQuietDays },
    }),
  }
}

function scopesOf(text: string): string[] {
  const scopes = text.split(',').map((scope) => scope.trim())
  return scopes.filter((scope) => scope !== '')
}
