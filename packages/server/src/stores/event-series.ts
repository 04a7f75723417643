import { getOrSet } from '../get-or-set.ts'
import type { SeriesMinute, SeriesOutcomes } from './event-store.ts'

/** A cell of an attempt in one minute. */
export type SeriesCell = Pick<SeriesMinute, 'revision' | 'variant' | 'arm' | 'split' | 'minute'>

/** The minutes of one attempt under construction. */
export interface SeriesDraft {
  addExposures(cell: SeriesCell, exposed: number, first: number): void
  addOutcomes(cell: SeriesCell, outcomes: SeriesOutcomes): void
  /** Returns the minutes: the oldest first, then by cell. */
  minutes(): SeriesMinute[]
}

export function createSeriesDraft(): SeriesDraft {
  const drafts = new Map<string, Draft>()
  const draftOf = ({ revision, variant, arm, split, minute }: SeriesCell): Draft => {
    return getOrSet(drafts, `${minute} ${revision} ${variant} ${arm} ${split}`, () => {
      return { revision, variant, arm, split, minute, exposed: 0, first: 0, outcomes: [] }
    })
  }

  return {
    addExposures(cell, exposed, first) {
      const draft = draftOf(cell)
      draft.exposed += exposed
      draft.first += first
    },
    addOutcomes(cell, outcomes) {
      draftOf(cell).outcomes.push(outcomes)
    },
    minutes() {
      const all = [...drafts.values()]
      for (const { outcomes } of all) outcomes.sort((a, b) => compare(a.metric, b.metric))
      return all.sort(compareMinutes)
    },
  }
}

type Draft = SeriesCell & { exposed: number; first: number; readonly outcomes: SeriesOutcomes[] }

function compareMinutes(a: SeriesMinute, b: SeriesMinute): number {
  return (
    a.minute - b.minute ||
    a.revision - b.revision ||
    compare(a.variant, b.variant) ||
    compare(a.arm, b.arm) ||
    compare(a.split, b.split)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
