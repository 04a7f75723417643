import { BUCKETS } from '@flaghoist/core'
import { type Allocation, instanceOf, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import {
  type Budget,
  defaultDelta,
  emptyTally,
  fold,
  judgeScope,
  type Metric,
  metricWeights,
  type RunOfScope,
  recordCounts,
  type ScopeVerdict,
  scopeAlpha,
} from '@flaghoist/health'
import { metricEpochs } from '../../metrics/metric-epochs.ts'
import type { SeriesMinute } from '../../stores/event-store.ts'
import { MINUTE_MS } from '../../time.ts'
import type { RunVerdict } from '../observation.ts'
import type { RunHealth } from '../observe.ts'
import { stepsOf } from '../step-members.ts'
import { judgedMetrics } from './judged-metrics.ts'
import { type SplitEpochs, splitEpochs } from './split-epochs.ts'

/** A run whose counts are judged. */
export interface JudgedRun {
  readonly state: ProjectState
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  /** The counts of its attempt, minute by minute. */
  readonly rows: readonly SeriesMinute[]
  /** The allocations of its attempt, the oldest first. */
  readonly allocations: readonly Allocation[]
  /** Epoch ms. */
  readonly now: number
}

/** The verdict on a run, and what it was computed from. */
export interface JudgedScope extends RunHealth {
  readonly metrics: readonly Metric[]
  readonly judged: ScopeVerdict
}

/** Judges a run: a function of the stored counts and the terms of the rollout. */
export function judgeRun(input: JudgedRun): JudgedScope {
  const { state, rollout, run, rows, allocations, now } = input
  const reported = new Set(rows.flatMap(({ outcomes }) => outcomes.map(({ metric }) => metric)))
  const metrics = judgedMetrics(state, rollout, reported)
  const epochs = new Map(
    metrics.map(({ key, kind }) => {
      const all = metricEpochs(rows, { metric: key, allocations, at: now })
      return [key, splitEpochs(all, kind, now)] as const
    }),
  )
  const share = (allocations.at(-1)?.draws.rollout?.share ?? 0) / BUCKETS
  const weights = metricWeights(metrics)
  const alpha = scopeAlpha(budgetOf(rollout), runOf(run))
  const judged = judgeScope({
    subject: { scope: instanceOf(run.scope) ?? run.scope, flag: rollout.flag },
    metrics: metrics.map((metric) => {
      const { finished, recent } = epochs.get(metric.key)!
      return {
        tally: fold(emptyTally(metric), finished),
        recent,
        alpha: (weights.get(metric.key) ?? 0) * alpha,
        delta: defaultDelta(share),
        restartsAhead: stepsOf(rollout, run).length,
      }
    }),
  })
  return {
    metrics,
    judged,
    ...countsSince(rows, Date.parse(run.since)),
    verdict:
      share <= 0 || share >= 1
        ? { action: 'clear', reason: { code: 'no-comparison', text: NO_COMPARISON } }
        : verdictOf(judged, metrics, epochs),
  }
}

const NO_COMPARISON = 'No share of the users is treated by chance, so that nothing is compared.'

/** The error budget of a rollout. */
export function budgetOf({ scopes }: ProgressiveRollout): Budget {
  return { scopes }
}

function runOf({ joined, attempt }: RolloutRun): RunOfScope {
  return { attempt, ...(joined > 0 && { joiner: joined }) }
}

/** Counts the minutes with exposures, and the units, since the step began. */
function countsSince(
  rows: readonly SeriesMinute[],
  since: number,
): Pick<RunHealth, 'minutes' | 'units'> {
  const later = rows.filter(({ minute, exposed }) => minute + MINUTE_MS > since && exposed > 0)
  return {
    minutes: new Set(later.map(({ minute }) => minute)).size,
    units: later.reduce((sum, { exposed }) => sum + exposed, 0),
  }
}

const ACTIONS = {
  'roll-back': 'regressed',
  hold: 'hold',
  wait: 'wait',
  'go-on': 'clear',
  'stop-watching': 'clear',
} as const

function verdictOf(
  judged: ScopeVerdict,
  metrics: readonly Metric[],
  epochs: ReadonlyMap<string, SplitEpochs>,
): RunVerdict {
  const { state, action, sentence, metric: key } = judged
  const metric = metrics.find((one) => one.key === key)
  const counts = metric && epochs.get(metric.key)
  const found = judged.metrics.find((one) => one.metric === key)
  const evidence = {
    state,
    sentence,
    ...(found && {
      metric: found.metric,
      units: found.units,
      events: found.events,
      comparison: found.comparison,
      limit: found.limit,
    }),
    mismatch: judged.mismatch,
    ...(metric && counts && { counts: recordCounts(metric, counts.finished, counts.recent) }),
  }
  return {
    action: ACTIONS[action],
    reason: { code: state, text: sentence },
    // Plain JSON: an infinite threshold becomes null.
    evidence: JSON.parse(JSON.stringify(evidence)),
  }
}
