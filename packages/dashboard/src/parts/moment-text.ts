import { clock } from './format.ts'

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Returns the day of an instant, such as `27 Nov`. */
export const dayText = (time: number): string => DAY.format(time)

/** First and last instant, epoch ms. */
type Span = readonly [first: number, last: number]

/** Checks that a span has more than one day of the browser's time zone. */
export function hasDays([first, last]: Span): boolean {
  return new Date(first).toDateString() !== new Date(last).toDateString()
}

/**
 * Returns an instant within a span, such as `14:03`; with its day, such as `27 Nov, 14:03`, if the
 * span has more than one.
 * @param time epoch ms
 */
export function momentText(time: number, span: Span): string {
  const text = clock(new Date(time))
  return hasDays(span) ? `${dayText(time)}, ${text}` : text
}
