import { getOrSet } from '../get-or-set.ts'
import type { Cell, SeriesMinute, SeriesOutcomes } from './event-store.ts'

/** Cell of an attempt. */
export type SeriesCell = Pick<Cell, 'revision' | 'variant' | 'arm'>

/** Counters of the cells of one attempt, in any order. */
export interface SeriesCounts<C extends SeriesCell> {
  readonly exposures: readonly ExposedCount<C>[]
  readonly outcomes: readonly OutcomeCount<C>[]
  /** Units by bucket of the histogram, ordered by bucket within each cell and minute. */
  readonly measurements: readonly MeasuredCount<C>[]
}

interface Count<C> {
  readonly cell: C
  readonly minute: number
}

export interface ExposedCount<C> extends Count<C> {
  readonly exposed: number
  readonly first: number
}

export interface OutcomeCount<C> extends Count<C> {
  readonly metric: string
  readonly units: number
  readonly matured: number
}

export interface MeasuredCount<C> extends Count<C> {
  readonly metric: string
  readonly bucket: number
  readonly units: number
}

type Draft = SeriesCell & {
  readonly minute: number
  exposed: number
  first: number
  readonly outcomes: OutcomesDraft[]
}
type OutcomesDraft = SeriesOutcomes & { readonly histogram: [bucket: number, units: number][] }

/** Joins the counters of each cell and minute, ordered by minute and cell. */
export function joinSeries<C extends SeriesCell>(counts: SeriesCounts<C>): SeriesMinute[] {
  const minutes = new Map<C, Map<number, Draft>>()
  const draftOf = ({ cell, minute }: Count<C>): Draft => {
    const { revision, variant, arm } = cell
    const ofCell = getOrSet(minutes, cell, () => new Map<number, Draft>())
    return getOrSet(ofCell, minute, () => {
      return { revision, variant, arm, minute, exposed: 0, first: 0, outcomes: [] }
    })
  }

  for (const count of counts.exposures) {
    const draft = draftOf(count)
    draft.exposed += count.exposed
    draft.first += count.first
  }
  for (const count of counts.outcomes) {
    const { metric, units, matured } = count
    draftOf(count).outcomes.push({ metric, units, matured, histogram: [] })
  }
  for (const count of counts.measurements) {
    const { metric, bucket, units } = count
    // Every measurement is an outcome; while minutes are pruned, its row may be gone first.
    const outcomes = draftOf(count).outcomes.find((one) => one.metric === metric)
    outcomes?.histogram.push([bucket, units])
  }
  const all = [...minutes.values()].flatMap((ofCell) => [...ofCell.values()])
  for (const { outcomes } of all) outcomes.sort((a, b) => compare(a.metric, b.metric))
  return all.sort(compareMinutes)
}

function compareMinutes(a: SeriesMinute, b: SeriesMinute): number {
  return (
    a.minute - b.minute ||
    a.revision - b.revision ||
    compare(a.variant, b.variant) ||
    compare(a.arm, b.arm)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
