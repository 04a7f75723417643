import type { ProjectState } from '@flaghoist/core/model'
import type { EventStore, SeriesMinute } from '../stores/event-store.ts'
import { MINUTE_MS, startOfMinute } from '../time.ts'
import { type AttemptCounts, type CountedUnits, currentAttempt } from './read-counts.ts'
import { createTallies, type Tallies } from './tallies.ts'

/** Minutes that are read each time: reports and outcomes of older ones are rare. */
const RECENT_MS = 15 * MINUTE_MS
/** Time after which all minutes are read again, with the late reports of older ones. */
const REREAD_MS = 5 * MINUTE_MS

/** The counts of an attempt, with its folded minutes. */
export interface ReadCounts extends AttemptCounts {
  readonly tallies: Tallies
}

/**
 * Reads the counts of attempts again and again. It keeps old minutes in memory for some minutes, so
 * that a late report of an old minute counts a little later.
 */
export interface CountsReader {
  read(state: ProjectState, units: CountedUnits): Promise<ReadCounts>
}

interface Kept {
  readonly attempt: number
  /** Time of the last complete reading, epoch ms. */
  readonly readAt: number
  /** The minutes before `end`. */
  readonly rows: readonly SeriesMinute[]
  readonly end: number
  readonly tallies: Tallies
}

/** @param now wall clock, epoch ms */
export function createCountsReader(events: EventStore, now: () => number): CountsReader {
  const kept = new Map<string, Kept>()
  let tidiedAt = now()
  /** Forgets attempts that are no longer read. */
  const tidy = (at: number) => {
    if (isWithin(at - tidiedAt)) return
    tidiedAt = at
    for (const [name, { readAt }] of kept) if (!isWithin(at - readAt)) kept.delete(name)
  }

  return {
    async read(state, units) {
      const { project, flag, scope } = units
      const found = currentAttempt(state, units)
      const name = `${project} ${flag} ${scope}`
      if (found === undefined) {
        kept.delete(name)
        return { rows: [], allocations: [], tallies: createTallies() }
      }
      const { attempt, allocations } = found
      const at = now()
      tidy(at)
      const known = kept.get(name)
      const isKnown = known?.attempt === attempt && isWithin(at - known.readAt)
      const [old, from] = isKnown ? [known.rows, known.end] : [[], 0]
      const query = { flag, scope, attempt, from, to: Number.MAX_SAFE_INTEGER }
      const rows = [...old, ...(await events.series(project, query))]
      const end = startOfMinute(at) - RECENT_MS
      const tallies = isKnown ? known.tallies : createTallies()
      kept.set(name, {
        attempt,
        readAt: isKnown ? known.readAt : at,
        rows: rows.filter(({ minute }) => minute < end),
        end,
        tallies,
      })
      return { rows, allocations, tallies }
    },
  }
}

/** A clock that went back makes everything be read again. */
function isWithin(age: number): boolean {
  return age >= 0 && age < REREAD_MS
}
