import type { Window } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { DAY_MS } from '../time.ts'
import { occurrences } from './occurrences.ts'
import { offsetSpans } from './zone-offsets.ts'

/** A time in epoch ms; `to` is exclusive, and infinite for a period that never ends. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** The side of a window that an instant is on, and the epoch ms at which that changes. */
export interface Phase {
  readonly isInside: boolean
  /** Infinite if it never changes. */
  readonly until: number
}

/**
 * A window without a gap for this long has none at all. One cycle is not enough: a change of clocks
 * may skip the gap of a week, and a gap on February 29 may be eight years away.
 */
const GAPLESS_DAYS = { weekly: 22, yearly: 9 * 366 }

/** A phase that was computed for an instant. It holds from there on, and perhaps before. */
interface KnownPhase extends Phase {
  readonly from: number
}

/** The latest phases of a window, newest first, by zone. */
const phasesOf = memoise((_: object) => new Map<string, KnownPhase[]>())
/** Enough to look ahead and to return to the present. */
const MAX_KNOWN_PHASES = 8

/** Returns whether an instant lies within a window, and until when. */
export function phaseAt(window: Window, zone: string, at: number): Phase {
  const phases = getOrSet(phasesOf(timesOf(window)), zone, () => [])
  const known = phases.find(({ from, until }) => from <= at && at < until)
  if (known !== undefined) return known
  const phase = computePhase(window, zone, at)
  phases.unshift({ from: at, ...phase })
  phases.splice(MAX_KNOWN_PHASES)
  return phase
}

function computePhase(window: Window, zone: string, at: number): Phase {
  const period = nextPeriod(window, zone, at)
  if (period === undefined) return { isInside: false, until: Number.POSITIVE_INFINITY }
  return period.from <= at
    ? { isInside: true, until: period.to }
    : { isInside: false, until: period.from }
}

/**
 * Returns the first period of a window that ends after an instant: the current one, or the next.
 * Periods that touch are one period.
 */
function nextPeriod(window: Window, zone: string, at: number): Period | undefined {
  const longest = gaplessDays(window) * DAY_MS
  let current: Period | undefined
  for (const local of occurrences(window, at)) {
    const period = instantsOf(local, zone)
    if (period === undefined) continue
    if (current === undefined || period.from > current.to) {
      if (current !== undefined && current.to > at) return current
      current = period
    } else current = { from: current.from, to: Math.max(current.to, period.to) }
    if (current.to - current.from > longest) return { ...current, to: Number.POSITIVE_INFINITY }
  }
  return current !== undefined && current.to > at ? current : undefined
}

/** Returns the periods of a window within a time, clipped to it. */
export function periodsWithin(window: Window, zone: string, { from, to }: Period): Period[] {
  const periods: Period[] = []
  let period = nextPeriod(window, zone, from)
  while (period !== undefined && period.from < to) {
    periods.push({ from: Math.max(period.from, from), to: Math.min(period.to, to) })
    period = period.to < to ? nextPeriod(window, zone, period.to) : undefined
  }
  return periods
}

/** Returns the part of a window that stays the same object while the entity is unchanged. */
function timesOf(window: Window): object {
  if ('once' in window) return window.once
  return 'weekly' in window ? window.weekly : window.yearly
}

function gaplessDays(window: Window): number {
  if ('once' in window) return Number.POSITIVE_INFINITY
  return 'weekly' in window ? GAPLESS_DAYS.weekly : GAPLESS_DAYS.yearly
}

/**
 * Returns the time from the first to the last instant at which clocks of a zone show local times;
 * undefined if they skip all of them. An hour that clocks show twice never cuts a window in two.
 * @param local times in ms, as if the zone were UTC
 */
function instantsOf(local: Period, zone: string): Period | undefined {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  // No zone is a day or more from UTC.
  for (const span of offsetSpans(zone, local.from - DAY_MS, local.to + DAY_MS)) {
    const start = Math.max(span.from, local.from - span.offset)
    const end = Math.min(span.to, local.to - span.offset)
    if (start >= end) continue
    from = Math.min(from, start)
    to = Math.max(to, end)
  }
  return from < to ? { from, to } : undefined
}
