import { clock } from './format.ts'
import { inZone } from './time-zone.ts'

const DATE = inZone({ dateStyle: 'short' })

/** Returns the day of an instant, such as `27 Nov`. */
export const dayText = inZone({ day: 'numeric', month: 'short' })

/** First and last instant, epoch ms. */
type Span = readonly [first: number, last: number]

/** Checks that a span has more than one day of the time zone of the screen. */
export function hasDays([first, last]: Span): boolean {
  return DATE(first) !== DATE(last)
}

/**
 * Returns an instant within a span, such as `14:03`; with its day, such as `27 Nov, 14:03`, if the
 * span has more than one.
 * @param time epoch ms
 */
export function momentText(time: number, span: Span): string {
  const text = clock(time)
  return hasDays(span) ? `${dayText(time)}, ${text}` : text
}
