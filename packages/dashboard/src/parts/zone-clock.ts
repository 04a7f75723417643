import { inZone } from './time-zone.ts'

const DAY_MS = 86_400_000
const SECOND_MS = 1_000
const clockAt = inZone({ dateStyle: 'short', timeStyle: 'medium' }, 'sv')

/** Returns the name of the time zone of the browser. */
export const browserZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** Returns the offset of the clock of the screen from UTC, ms; positive in the east. */
export function zoneOffset(time: number): number {
  const shown = Date.parse(`${clockAt(time).replace(' ', 'T')}Z`)
  return shown - Math.floor(time / SECOND_MS) * SECOND_MS
}

/**
 * Returns the first instant at which the clock of the screen shows a time, epoch ms. A time that
 * the clock skips counts as one of the offset before, so that a day without midnight has a start.
 * @param local the shown time as if it were UTC, epoch ms
 */
export function instantAt(local: number): number {
  const [before, after] = [zoneOffset(local - DAY_MS), zoneOffset(local + DAY_MS)]
  const isAfter = zoneOffset(local - before) !== before && zoneOffset(local - after) === after
  return local - (isAfter ? after : before)
}
