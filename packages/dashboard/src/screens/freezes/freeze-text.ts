import { wantedTagsText } from '../../forms/wanted-tags.ts'
import { listed } from '../../parts/format.ts'
import type { Freeze } from './freeze-requests.ts'

/** Returns the times of a freeze in words, such as `each fri from 16:00 to mon 08:00`. */
export function timesText({ window }: Pick<Freeze, 'window'>): string {
  if ('once' in window)
    return `${window.once.from.replace('T', ' ')} to ${window.once.to.replace('T', ' ')}`
  if ('yearly' in window) return `each year from ${window.yearly.from} to ${window.yearly.to}`
  const { days, from, to, toDay } = window.weekly
  return `each ${listed(days, 7)} from ${from} to ${toDay ? `${toDay} ` : ''}${to}`
}

/** Returns the scopes of a freeze in words, such as `production, instances acme and globex`. */
export function placesText({ environments, instances }: Freeze): string {
  const where = environments ? listed(environments) : 'every environment'
  if (instances === undefined) return where
  const { keys, tags = {} } = instances
  const withTags = wantedTagsText(tags)
  const which = [keys && listed(keys), withTags && `with ${withTags}`].filter((one) => one)
  return `${where}, instances ${which.join(', ')}`
}
