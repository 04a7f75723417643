import type { DatabaseSync } from 'node:sqlite'
import { createPause } from '../../pause.ts'
import { MINUTE_MS } from '../../time.ts'
import { createSeriesDraft, type SeriesCell } from '../event-series.ts'
import type { SeriesMinute, SeriesQuery } from '../event-store.ts'

/** Minutes that are read in one turn: some milliseconds, even with all their measurements. */
const SLICE_MS = 30 * MINUTE_MS

const CELLS = 'attempts JOIN cells ON cells.attempt = attempts.id'
const IS_SELECTED = `project = :project AND flag = :flag AND scope = :scope
  AND attempts.attempt = :attempt`
const CELL = 'revision, variant, arm, split, minute'

/**
 * Reads exposures and outcomes, which have a metric. The histogram of a row is a text: as rows, its
 * buckets would take most of the time.
 */
const COUNTS = `
  SELECT ${CELL}, NULL AS metric, sum(units) AS units, sum(units - again) AS part, NULL AS buckets
  FROM ${CELLS} JOIN exposures ON exposures.cell = cells.id
  WHERE ${IS_SELECTED} AND minute >= :from AND minute < :to AND units > 0
  GROUP BY cells.id, minute
  UNION ALL
  SELECT ${CELL}, metric, units, matured, (
    SELECT group_concat(bucket || ' ' || units) FROM measurements AS measured
    WHERE cell = cells.id AND measured.minute = counted.minute AND measured.metric = counted.metric)
  FROM ${CELLS} JOIN outcomes AS counted ON counted.cell = cells.id
  WHERE ${IS_SELECTED} AND minute >= :from AND minute < :to`

/** Reads the first and the last minute with a count. */
const SPAN = `
  SELECT min(low) AS low, max(high) AS high FROM (
    ${['exposures', 'outcomes']
      .map(
        (table) => `SELECT (SELECT min(minute) FROM ${table} WHERE cell = cells.id) AS low,
          (SELECT max(minute) FROM ${table} WHERE cell = cells.id) AS high
          FROM ${CELLS} WHERE ${IS_SELECTED}`,
      )
      .join(' UNION ALL ')})`

/** Returns a function that reads the series of an attempt, slice by slice. */
export function createEventSeries(database: DatabaseSync) {
  const counts = database.prepare(COUNTS)
  const span = database.prepare(SPAN)

  /** Returns the part of a range that has counts; a short range is cheaper to read than to cut. */
  const cut = (project: string, { from, to, ...key }: SeriesQuery) => {
    if (to - from <= SLICE_MS) return { from, to }
    const { low, high } = span.get({ project, ...key }) as Record<'low' | 'high', number | null>
    return { from: Math.max(from, low ?? to), to: Math.min(to, (high ?? from) + MINUTE_MS) }
  }

  return async (project: string, query: SeriesQuery): Promise<SeriesMinute[]> => {
    const { flag, scope, attempt } = query
    const { from, to } = cut(project, query)
    const pause = createPause()
    const series: SeriesMinute[] = []
    for (let start = from; start < to; start += SLICE_MS) {
      const slice = { from: start, to: Math.min(to, start + SLICE_MS) }
      // One statement reads the counts of one moment.
      const rows = counts.all({ project, flag, scope, attempt, ...slice }) as unknown as CountRow[]
      series.push(...minutesOf(rows))
      await pause()
    }
    return series
  }
}

interface CountRow extends SeriesCell {
  /** Null in a row of exposures. */
  readonly metric: string | null
  readonly units: number
  /** Of exposures those that are the first in the attempt, of outcomes those that matured. */
  readonly part: number
  /** Pairs of bucket and units, such as `64 2,70 1`. */
  readonly buckets: string | null
}

function minutesOf(rows: readonly CountRow[]): SeriesMinute[] {
  const draft = createSeriesDraft()
  for (const row of rows) {
    const { metric, units, part, buckets } = row
    if (metric === null) draft.addExposures(row, units, part)
    else draft.addOutcomes(row, { metric, units, matured: part, histogram: histogramOf(buckets) })
  }
  return draft.minutes()
}

function histogramOf(buckets: string | null): [bucket: number, units: number][] {
  if (buckets === null) return []
  const pairs = buckets.split(',').map((pair): [number, number] => {
    const [bucket, units] = pair.split(' ')
    return [Number(bucket), Number(units)]
  })
  return pairs.sort(([a], [b]) => a - b)
}
