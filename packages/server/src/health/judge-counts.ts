import { BUCKETS } from '@flaghoist/core'
import { instanceOf, type ProjectState } from '@flaghoist/core/model'
import {
  defaultDelta,
  judgeScope,
  type Metric,
  metricWeights,
  SAFE_HOURS,
  type ScopeVerdict,
} from '@flaghoist/health'
import { countsByAllocation } from './allocation-counts.ts'
import { type CountsByMaturity, countsByMaturity } from './counts-by-maturity.ts'
import { judgedMetrics } from './judged-metrics.ts'
import { judgeLately, lastStageOf, type StageFacts } from './last-stage.ts'
import type { AttemptCounts } from './read-counts.ts'
import { createTallies, type Tallies } from './tallies.ts'

/** The counts of one attempt, and the terms that they are judged by. */
export interface CountsToJudge {
  readonly state: ProjectState
  readonly flag: string
  readonly scope: string
  readonly counts: AttemptCounts
  /** Keys of the metrics; by default all guardrails and goals. */
  readonly metrics?: readonly string[] | undefined
  /** Error budget of all metrics together. */
  readonly alpha: number
  /** Growths of the share that are planned at most; undefined if unknown. */
  readonly restartsAhead?: number | undefined
  /** One user in so many is counted, as sentences say. */
  readonly oneIn: number
  /** Minutes that are folded already; a recount by default. */
  readonly tallies?: Tallies | undefined
  /** Present in the last stage: the state may become `safe`. */
  readonly stage?: StageFacts | undefined
  /** Epoch ms. */
  readonly now: number
}

/** The verdict on an attempt, and the counts of each metric that it was computed from. */
export interface JudgedCounts {
  readonly metrics: readonly Metric[]
  /** By metric key. */
  readonly counts: ReadonlyMap<string, CountsByMaturity>
  /** Designed share of the treatment now, 0 to 1. */
  readonly share: number
  readonly judged: ScopeVerdict
}

/** Judges an attempt: a function of its stored counts and the terms alone. */
export function judgeCounts(input: CountsToJudge): JudgedCounts {
  const { state, flag, scope, counts, alpha, restartsAhead, oneIn, stage, now } = input
  const { tallies = createTallies() } = input
  const { rows, allocations } = counts
  const reported = new Set(rows.flatMap(({ outcomes }) => outcomes.map(({ metric }) => metric)))
  const metrics = judgedMetrics(state, input.metrics, reported)
  const byMetric = new Map(
    metrics.map(({ key, kind }) => {
      const all = countsByAllocation(rows, { metric: key, allocations, at: now })
      return [key, countsByMaturity(all, kind, now)] as const
    }),
  )
  const share = (allocations.at(-1)?.draws.rollout?.share ?? 0) / BUCKETS
  const weights = metricWeights(metrics)
  const subject = { scope: instanceOf(scope) ?? scope, flag, oneIn }
  const termsOf = (metric: Metric) => ({
    alpha: (weights.get(metric.key) ?? 0) * alpha,
    delta: defaultDelta(share),
    ...(restartsAhead !== undefined && { restartsAhead }),
  })
  // Before the time is over, no other condition decides.
  const lately = (stage?.hours ?? 0) < SAFE_HOURS ? [] : metrics
  const judged = judgeScope({
    subject,
    metrics: metrics.map((metric) => {
      const { finished, recent } = byMetric.get(metric.key)!
      return { tally: tallies.fold(metric, finished), recent, ...termsOf(metric) }
    }),
    ...(stage && {
      lastStage: lastStageOf(
        stage,
        lately.map((metric) =>
          judgeLately(metric, byMetric.get(metric.key)!, { ...termsOf(metric), subject }, now),
        ),
      ),
    }),
  })
  return { metrics, counts: byMetric, share, judged }
}
