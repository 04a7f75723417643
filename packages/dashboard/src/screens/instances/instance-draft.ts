import type { Weekday } from '../../forms/days.ts'
import { tagsOf, tagsText } from '../../forms/tags.ts'
import { browserZone } from '../../parts/zone-clock.ts'
import type { Instance } from './instance-requests.ts'

/** An instance as people type it. */
export interface InstanceDraft {
  name: string
  /** Such as `region=eu, tier=pilot`. */
  tags: string
  owner: string
  timeZone: string
  /** False if rollouts advance at any hour. */
  hasHours: boolean
  /** Days, start and end of the business hours; kept while they are off. */
  days: readonly Weekday[]
  from: string
  to: string
}

/** Members of an instance that its form edits. */
export type InstanceMembers = Omit<Instance, 'key' | 'status'>

/** Business hours that the form proposes. */
const OFFICE = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' } as const

export const newDraft = (): InstanceDraft => ({
  name: '',
  tags: '',
  owner: '',
  timeZone: browserZone(),
  hasHours: false,
  ...OFFICE,
})

export function draftOf({ name, tags, owner, timeZone, businessHours }: Instance): InstanceDraft {
  return {
    name,
    tags: tagsText(tags),
    owner,
    timeZone,
    hasHours: businessHours !== undefined,
    ...(businessHours ?? OFFICE),
  }
}

/** Returns the part that business hours lack, in words; undefined if they are complete. */
export function missingOf({ hasHours, days }: InstanceDraft): string | undefined {
  return hasHours && days.length === 0 ? 'Choose a day of the week.' : undefined
}

/**
 * Returns the members of a draft.
 * @param before key of the instance, and the tags that the draft began with
 */
export function membersOf(
  draft: InstanceDraft,
  { key, tags }: Pick<Instance, 'key' | 'tags'>,
): InstanceMembers {
  const { days, from, to } = draft
  return {
    name: draft.name.trim() || key,
    // A value with a comma is kept, unless the person types other tags.
    tags: draft.tags === tagsText(tags) ? tags : tagsOf(draft.tags),
    owner: draft.owner.trim(),
    timeZone: draft.timeZone.trim(),
    ...(draft.hasHours && { businessHours: { days: [...days], from, to } }),
  }
}
