import type { Weekday } from '../../forms/days.ts'
import { type Tag, tagsIn, tagText, wantedTags } from '../../forms/wanted-tags.ts'
import type { Freeze } from './freeze-requests.ts'

export type Repetition = 'once' | 'weekly' | 'yearly'

/** Start and end of a window, as its repetition writes them. */
interface Times {
  from: string
  to: string
}

/** A freeze as people type it. */
export interface FreezeDraft {
  key: string
  name: string
  repetition: Repetition
  /** Times of each repetition, so that a look at another one loses none. */
  times: Record<Repetition, Times>
  /** Days of the week on which it starts; of weekly ones only. */
  days: readonly Weekday[]
  /** Day of the week of the end; empty for the first `to` after the start. */
  toDay: Weekday | ''
  zone: string
  /** Undefined for all. */
  environments: readonly string[] | undefined
  /** Keys of instances; undefined for all. */
  instances: readonly string[] | undefined
  /** Tags such as `tier=pilot`, by {@link tagText}; undefined for any. */
  tags: readonly string[] | undefined
}

export const newFreeze = (): FreezeDraft => ({
  key: '',
  name: '',
  repetition: 'once',
  times: { once: noTimes(), weekly: noTimes(), yearly: noTimes() },
  days: ['fri'],
  toDay: 'mon',
  zone: 'instance',
  environments: undefined,
  instances: undefined,
  tags: undefined,
})

export function draftOf(freeze: Freeze): FreezeDraft {
  const { key, name, zone, environments, instances } = freeze
  return {
    ...newFreeze(),
    ...windowDraft(freeze.window),
    key,
    name,
    zone,
    environments,
    instances: instances?.keys,
    tags: instances?.tags && tagsIn(instances).map(tagText),
  }
}

/**
 * Returns the freeze of a draft.
 * @param tags those that the draft can name
 */
export function freezeOf(draft: FreezeDraft, tags: readonly Tag[]): Freeze {
  const { environments, instances: keys } = draft
  const key = draft.key.trim()
  return {
    key,
    name: draft.name.trim() || key,
    window: windowOf(draft),
    zone: draft.zone.trim(),
    ...(environments && { environments: [...environments] }),
    ...((keys || draft.tags) && {
      instances: {
        ...(keys && { keys: [...keys] }),
        ...(draft.tags && { tags: wantedTags(draft.tags, tags) }),
      },
    }),
  }
}

/** Returns the part of a draft that is missing, in words; undefined if it is complete. */
export function missingOf(draft: FreezeDraft): string | undefined {
  if (draft.repetition === 'weekly' && draft.days.length === 0) return 'Choose a day of the week.'
  if (draft.environments?.length === 0) return 'Choose an environment.'
  if (draft.instances?.length === 0) return 'Choose an instance.'
  return draft.tags?.length === 0 ? 'Choose a tag.' : undefined
}

function windowDraft(window: Freeze['window']): Partial<FreezeDraft> {
  const times = newFreeze().times
  if ('once' in window) return { repetition: 'once', times: { ...times, once: window.once } }
  if ('yearly' in window)
    return { repetition: 'yearly', times: { ...times, yearly: window.yearly } }
  const { from, to, days, toDay = '' } = window.weekly
  return { repetition: 'weekly', times: { ...times, weekly: { from, to } }, days, toDay }
}

function windowOf({ repetition, times, days, toDay }: FreezeDraft): Freeze['window'] {
  const { from, to } = times[repetition]
  if (repetition === 'once') return { once: { from, to } }
  if (repetition === 'yearly') return { yearly: { from, to } }
  return { weekly: { days: [...days], from, to, ...(toDay && { toDay }) } }
}

const noTimes = (): Times => ({ from: '', to: '' })
