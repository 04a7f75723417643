import { Temporal } from 'temporal-polyfill'
import { getOrSet } from '../get-or-set.ts'

/** A time in which the clocks of a zone have one offset from UTC. Times in epoch ms. */
export interface OffsetSpan {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly offset: number
}

/** The spans of each zone, by the UTC year in which they lie. */
const spansOf = new Map<string, Map<number, readonly OffsetSpan[]>>()

/**
 * Returns the spans of a zone that cover a time, in order. A zone that this machine does not know
 * counts as UTC.
 */
export function offsetSpans(zone: string, from: number, to: number): readonly OffsetSpan[] {
  const years = getOrSet(spansOf, zone, () => new Map())
  const first = new Date(from).getUTCFullYear()
  const last = new Date(to).getUTCFullYear()
  const spans: OffsetSpan[] = []
  for (let year = first; year <= last; year += 1)
    spans.push(...getOrSet(years, year, () => spansOfYear(zone, year)))
  return spans
}

function spansOfYear(zone: string, year: number): readonly OffsetSpan[] {
  const end = Date.UTC(year + 1, 0)
  const spans: OffsetSpan[] = []
  let at: Temporal.ZonedDateTime | null = inZone(zone, Date.UTC(year, 0))
  while (at !== null && at.epochMilliseconds < end) {
    const next: Temporal.ZonedDateTime | null = at.getTimeZoneTransition('next')
    const from = at.epochMilliseconds
    const to = Math.min(end, next?.epochMilliseconds ?? end)
    spans.push({ from, to, offset: Math.round(at.offsetNanoseconds / 1e6) })
    at = next
  }
  return spans
}

function inZone(zone: string, at: number): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(at)
  try {
    return instant.toZonedDateTimeISO(zone)
  } catch {
    return instant.toZonedDateTimeISO('UTC')
  }
}
