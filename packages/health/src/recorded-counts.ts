import type { AllocationCounts, Histogram, MinuteCounts } from './counts.ts'
import { fold } from './fold.ts'
import { judgeMetric, type MetricTerms } from './judge-metric.ts'
import type { Metric } from './metric.ts'
import { emptyTally } from './tally.ts'
import type { MetricVerdict } from './verdict.ts'

const MINUTE_MS = 60_000

/**
 * One minute as numbers: minutes after the allocation's first one, exposed control and treatment,
 * arrived both, matured both; then the histograms of both arms, each flat. Zeros at the end are
 * left out.
 */
type PackedMinute = readonly (number | readonly number[])[]

/** The counts of an allocation, small enough for an audit log: about 20 bytes a minute. */
export interface PackedAllocation {
  readonly revision: number
  readonly share: number
  /** Start of the first minute, epoch ms. */
  readonly from: number
  readonly minutes: readonly PackedMinute[]
}

/** The vector of counts that a verdict was computed from. The verdict can be recomputed from it. */
export interface RecordedCounts {
  readonly metric: Metric
  /** Finished minutes with matured outcomes. */
  readonly finished: readonly PackedAllocation[]
  readonly recent: readonly PackedAllocation[]
}

/** Packs counts for storage beside a decision. */
export function recordCounts(
  metric: Metric,
  finished: readonly AllocationCounts[],
  recent: readonly AllocationCounts[],
): RecordedCounts {
  return { metric, finished: finished.map(packAllocation), recent: recent.map(packAllocation) }
}

/** Computes the verdict on recorded counts again. */
export function judgeRecorded(recorded: RecordedCounts, terms: MetricTerms): MetricVerdict {
  const tally = fold(emptyTally(recorded.metric), recorded.finished.map(unpackAllocation))
  return judgeMetric({ tally, recent: recorded.recent.map(unpackAllocation) }, terms)
}

function packAllocation({ revision, share, minutes }: AllocationCounts): PackedAllocation {
  const from = minutes[0]?.minute ?? 0
  return { revision, share, from, minutes: minutes.map((minute) => packMinute(minute, from)) }
}

function packMinute(minute: MinuteCounts, from: number): PackedMinute {
  const { exposed, arrived, matured, measured } = minute
  const packed: (number | readonly number[])[] = [
    (minute.minute - from) / MINUTE_MS,
    ...[exposed, arrived, matured].flatMap((arms) => [arms?.control ?? 0, arms?.treatment ?? 0]),
  ]
  if (measured !== undefined) packed.push(measured.control.flat(), measured.treatment.flat())
  while (packed.at(-1) === 0) packed.pop()
  return packed
}

function unpackAllocation({ revision, share, from, minutes }: PackedAllocation): AllocationCounts {
  return { revision, share, minutes: minutes.map((minute) => unpackMinute(minute, from)) }
}

function unpackMinute(packed: PackedMinute, from: number): MinuteCounts {
  const [after = 0, ...counts] = packed.filter((one) => typeof one === 'number')
  const histograms = packed.filter((one) => typeof one !== 'number')
  const arms = (at: number) => ({ control: counts[at] ?? 0, treatment: counts[at + 1] ?? 0 })
  return {
    minute: from + after * MINUTE_MS,
    exposed: arms(0),
    arrived: arms(2),
    matured: arms(4),
    ...(histograms.length > 0 && {
      measured: { control: unflatten(histograms[0]), treatment: unflatten(histograms[1]) },
    }),
  }
}

function unflatten(flat: readonly number[] = []): Histogram {
  return Array.from(
    { length: flat.length / 2 },
    (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const,
  )
}
