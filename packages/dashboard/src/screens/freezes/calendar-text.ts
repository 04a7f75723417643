import { listed } from '../../parts/format.ts'
import { inZone, timeZone } from '../../parts/time-zone.ts'
import { browserZone } from '../../parts/zone-clock.ts'
import type { Calendar } from './calendar-month.ts'

/** Returns the month of an instant in the time zone of the screen, such as `November 2026`. */
export const monthName = inZone({ month: 'long', year: 'numeric' })

/** Returns the day of an instant in the time zone of the screen, with its weekday. */
export const longDay = inZone({ dateStyle: 'full' })

/**
 * Returns the freeze in force in the scope of a calendar, or the next one, as a sentence; undefined
 * for a month that does not contain the present.
 * @param now epoch ms
 */
export function calendarSentence(calendar: Calendar, now: number): string | undefined {
  const { scope, freezes, from, to } = calendar
  if (now < Date.parse(from) || now >= Date.parse(to)) return undefined
  const current = freezes.filter((one) => isWithin(one, now))
  if (current.length > 0) {
    const names = listed(current.map(({ name }) => name))
    const end = endOf(current)
    // A calendar ends its periods with its month.
    const until = Date.parse(end) < Date.parse(to) ? minute(end) : 'the end of this month at least'
    return `${scope} is frozen now: ${names}, until ${until}.`
  }
  const next = freezes.find((one) => Date.parse(one.from) > now)
  const coming = next ? `${next.name} starts on ${minute(next.from)}` : 'nothing this month'
  return `${scope} is not frozen now. Next: ${coming}.`
}

/** Names the time zone of the shown times, and that of the scope. */
export function zonesText({ scope, timeZone: theirs }: Calendar): string {
  const chosen = timeZone()
  const own = chosen ?? browserZone()
  const other = theirs === own ? '' : ` The clocks of ${scope} show ${theirs}.`
  return `${chosen === undefined ? 'Times of your browser, ' : 'Times in '}${own}.${other}`
}

const minute = inZone({ dateStyle: 'medium', timeStyle: 'short' })

const isWithin = ({ from, to }: { readonly from: string; readonly to: string }, time: number) =>
  Date.parse(from) <= time && time < Date.parse(to)

const endOf = (periods: readonly { readonly to: string }[]): string =>
  periods
    .map(({ to }) => to)
    .reduce((last, one) => (Date.parse(one) > Date.parse(last) ? one : last))
