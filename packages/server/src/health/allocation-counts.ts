import { BUCKETS } from '@flaghoist/core'
import type { Allocation } from '@flaghoist/core/model'
import type { AllocationCounts, Arms, MinuteCounts } from '@flaghoist/health'
import { getOrSet } from '../get-or-set.ts'
import { ALIVE, type SeriesMinute, type SeriesOutcomes } from '../stores/event-store.ts'
import { mergeHistograms } from '../stores/histogram.ts'
import { MINUTE_MS } from '../time.ts'

/** Time after a minute in which its units report that they are still there, in ms. */
const ALIVE_WITHIN_MS = 120_000

/** The metric to judge, and what a verdict needs besides its counts. */
export interface JudgedMetric {
  readonly metric: string
  /** The allocations of the attempt, the oldest first. */
  readonly allocations: readonly Allocation[]
  /** Time of the verdict, epoch ms. */
  readonly at: number
}

/**
 * Returns the counts of one metric by allocation and minute. Only units in an arm are compared. A
 * unit that has not reported {@link ALIVE} is a failure, so minutes that it may still be reported
 * for are left out; a unit reports it once, so it is expected once per attempt.
 */
export function countsByAllocation(
  series: readonly SeriesMinute[],
  { metric, allocations, at }: JudgedMetric,
): readonly AllocationCounts[] {
  const isExpected = metric === ALIVE
  const end = isExpected ? at - ALIVE_WITHIN_MS - MINUTE_MS : Number.POSITIVE_INFINITY
  const drafts = new Map<number, Map<number, Draft>>()
  for (const row of series) {
    const { revision, minute, arm } = row
    if (arm === '' || minute > end) continue
    const draft = getOrSet(getOrSet(drafts, revision, newMinutes), minute, () => newMinute(minute))
    draft.exposed[arm] += isExpected ? row.first : row.exposed
    const outcomes = row.outcomes.find((one) => one.metric === metric)
    if (outcomes !== undefined) addOutcomes(draft, arm, outcomes)
  }
  return allocations.flatMap(({ start: revision, draws: { rollout } }) => {
    const minutes = drafts.get(revision)
    if (minutes === undefined || rollout === undefined) return []
    return { revision, share: rollout.share / BUCKETS, minutes: [...minutes.values()] }
  })
}

type Counts = Omit<Required<MinuteCounts>, 'minute'>
type Draft = { [M in keyof Counts]: Writable<Counts[M]> } & { readonly minute: number }
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const newMinutes = (): Map<number, Draft> => new Map()

function newMinute(minute: number): Draft {
  const none = () => ({ control: 0, treatment: 0 })
  const measured = { control: [], treatment: [] }
  return { minute, exposed: none(), arrived: none(), matured: none(), measured }
}

/** The arm may be served several variants, and has one number. */
function addOutcomes(draft: Draft, arm: keyof Arms, outcomes: SeriesOutcomes): void {
  draft.arrived[arm] += outcomes.units
  draft.matured[arm] += outcomes.matured
  draft.measured[arm] = mergeHistograms([draft.measured[arm], outcomes.histogram])
}
