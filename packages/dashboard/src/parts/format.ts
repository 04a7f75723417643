import { inZone } from './time-zone.ts'

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const UTC_DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const NUMBER = new Intl.NumberFormat('en')

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** Seconds in the steps in which an age below a minute is shown. */
const STEP_S = 10

/** The unit to which an instant is known. */
export type Precision = 'second' | 'minute'

/**
 * Returns an instant relative to now, such as `3 hr. ago`. The age of the last minute is shown in
 * steps, such as `20 sec. ago`, unless the instant is known to the minute only.
 */
export function ago(instant: string, now: number, precision: Precision = 'second'): string {
  const ms = Date.parse(instant) - now
  for (const [unit, length] of UNITS)
    if (Math.abs(ms) >= length) return RELATIVE.format(Math.trunc(ms / length), unit)
  if (ms > 0) return 'in a moment'
  const steps = Math.trunc(ms / (STEP_S * 1_000))
  if (steps === 0 || precision === 'minute') return 'just now'
  return RELATIVE.format(steps * STEP_S, 'second')
}

/** Returns an instant with its date and seconds, in the time zone of the screen. */
export const exact = inZone({ dateStyle: 'medium', timeStyle: 'medium' })

/** Returns a sentence of the server with its instants in the time zone of the screen. */
export function withLocalTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, exact)
}

/** Returns the day of an instant in the time zone of the screen, such as `24 Dec 2026`. */
export const day = inZone({ dateStyle: 'medium' })

/** Returns the day of an instant in UTC, such as `24 Dec 2026`. */
export const utcDay = (instant: string): string => UTC_DAY.format(new Date(instant))

/** Returns the clock time of an instant, such as `14:03`. */
export const clock = inZone({ hour: '2-digit', minute: '2-digit' })

/** Returns a number with separators, such as `12,400`. */
export const number = (value: number): string => NUMBER.format(value)

/** Returns a number with separators; a dash for none. */
export const numberOrDash = (value = 0): string => (value === 0 ? '–' : number(value))

/** Returns a number before a noun, such as `1 flag` or `212 flags`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`
}

/** Returns a duration, such as `80 ms` or `1.2 s`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** Returns a share of 100,000 buckets in percent, such as `12.5 %`. */
export function percentOf(buckets: number): string {
  return `${Number((buckets / 1_000).toFixed(3))} %`
}

/** Returns a text with a capital at its start. */
export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** Returns keys in a sentence, such as `acme, globex and 3 more`. */
export function listed(keys: readonly string[], shown = 3, word: 'and' | 'or' = 'and'): string {
  if (keys.length < 2) return keys[0] ?? ''
  if (keys.length > shown + 1)
    return `${keys.slice(0, shown).join(', ')} ${word} ${keys.length - shown} more`
  return `${keys.slice(0, -1).join(', ')} ${word} ${keys.at(-1)}`
}
