import {
  allocationsSince,
  emptyTally,
  fold,
  judgeMetric,
  type LastStage,
  type Metric,
  type MetricTerms,
  type MetricVerdict,
} from '@flaghoist/health'
import type { SeriesMinute } from '../stores/event-store.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import type { CountsByMaturity } from './counts-by-maturity.ts'

const HOUR_MS = 60 * MINUTE_MS
const LATELY_MS = 6 * HOUR_MS

/** The facts about the last stage of an attempt, from its stored counts. */
export interface StageFacts {
  /** Hours since the stage began. */
  readonly hours: number
  /** Hour of the day in UTC with the most exposures before the stage; undefined without any. */
  readonly busiestHour: number | undefined
  readonly hadBusiestHour: boolean
  /** Most users that the stage exposed within 24 hours. */
  readonly users: number
  /** Most users that an earlier allocation exposed within 24 hours. */
  readonly usualUsers: number
}

/**
 * Returns the facts about a stage. A unit counts once per allocation, so users of a day are
 * compared by allocation: the busiest 24 hours of each.
 *
 * @param since start of the stage, epoch ms
 */
export function stageFacts(rows: readonly SeriesMinute[], since: number, now: number): StageFacts {
  const isOfStage = ({ minute }: SeriesMinute) => minute + MINUTE_MS > since
  const own = rows.filter(isOfStage)
  const earlier = rows.filter((row) => !isOfStage(row))
  const revisions = new Set(earlier.map(({ revision }) => revision))
  const busiestHour = busiestHourOf(earlier)
  return {
    hours: (now - since) / HOUR_MS,
    busiestHour,
    hadBusiestHour:
      busiestHour === undefined ||
      own.some(({ minute, exposed }) => exposed > 0 && hourOf(minute) === busiestHour),
    users: mostOfADay(own),
    usualUsers: Math.max(
      0,
      ...[...revisions].map((one) => mostOfADay(earlier.filter((row) => row.revision === one))),
    ),
  }
}

/** Returns the terms of "safe to stop watching". */
export function lastStageOf(
  { hours, hadBusiestHour, users, usualUsers }: StageFacts,
  lately: readonly MetricVerdict[],
): LastStage {
  const partOfUsualUsers = usualUsers === 0 ? 1 : users / usualUsers
  return { hours, hadBusiestHour, partOfUsualUsers, lately }
}

/** Judges a metric by its last six hours alone. */
export function judgeLately(
  metric: Metric,
  { finished, recent }: CountsByMaturity,
  terms: MetricTerms,
  now: number,
): MetricVerdict {
  const from = now - LATELY_MS
  const tally = fold(emptyTally(metric), allocationsSince(finished, from))
  return judgeMetric({ tally, recent: allocationsSince(recent, from) }, terms)
}

function busiestHourOf(rows: readonly SeriesMinute[]): number | undefined {
  const sums = new Map<number, number>()
  for (const { minute, exposed } of rows)
    if (exposed > 0) sums.set(hourOf(minute), (sums.get(hourOf(minute)) ?? 0) + exposed)
  const [most] = [...sums].sort(([, a], [, b]) => b - a)
  return most?.[0]
}

function hourOf(minute: number): number {
  return new Date(minute).getUTCHours()
}

/** Returns the most units of 24 hours. @param rows the oldest first */
function mostOfADay(rows: readonly SeriesMinute[]): number {
  let [first, sum, most] = [0, 0, 0]
  for (const { minute, exposed } of rows) {
    sum += exposed
    while (rows[first]!.minute <= minute - DAY_MS) {
      sum -= rows[first]!.exposed
      first += 1
    }
    most = Math.max(most, sum)
  }
  return most
}
