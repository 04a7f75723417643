import type { ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import {
  type Budget,
  type Eta,
  type MetricVerdict,
  type RunOfScope,
  recordCounts,
  scopeAlpha,
} from '@flaghoist/health'
import { type JudgedCounts, judgeCounts } from '../../health/judge-counts.ts'
import { type StageFacts, stageFacts } from '../../health/last-stage.ts'
import type { AttemptCounts } from '../../health/read-counts.ts'
import type { Tallies } from '../../health/tallies.ts'
import type { SeriesMinute } from '../../stores/event-store.ts'
import type { LeaseGap } from '../../stores/leases.ts'
import { MINUTE_MS } from '../../time.ts'
import type { RunVerdict } from '../observation.ts'
import type { RunHealth } from '../observe.ts'
import { isInLastStage, stepsOf } from '../step-members.ts'

/** A run whose counts are judged. */
export interface JudgedRun {
  readonly state: ProjectState
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  /** The counts of its attempt. */
  readonly counts: AttemptCounts & { readonly tallies?: Tallies }
  /** Periods in which no process could have held or rolled back the run. */
  readonly gaps: readonly LeaseGap[]
  /** One user in so many is counted. */
  readonly oneIn: number
  /** Epoch ms. */
  readonly now: number
}

/** The verdict on a run, and the counts behind it. */
export interface JudgedScope extends RunHealth, JudgedCounts {}

/** Judges a run: a function of the stored counts and the terms of the rollout. */
export function judgeRun(input: JudgedRun): JudgedScope {
  const { state, rollout, run, counts, gaps, oneIn, now } = input
  const since = Date.parse(run.since)
  const stage = isInLastStage(rollout, run) ? stageFacts(counts.rows, since, now) : undefined
  const judged = judgeCounts({
    state,
    flag: rollout.flag,
    scope: run.scope,
    counts,
    tallies: counts.tallies,
    metrics: rollout.plan.metrics,
    alpha: scopeAlpha(budgetOf(rollout), runOf(run)),
    restartsAhead: stepsOf(rollout, run).length,
    stage,
    oneIn,
    now,
  })
  const isCompared = judged.share > 0 && judged.share < 1
  return {
    ...judged,
    ...countsSince(counts.rows, since, gaps),
    ...(isCompared && { stage, gap: judged.judged.gap, missing: missingOf(judged) }),
    verdict: isCompared
      ? verdictOf(judged, stage)
      : { action: 'clear', reason: { code: 'no-comparison', text: NO_COMPARISON } },
  }
}

const NO_COMPARISON = 'No share of the users is treated by chance, so that nothing is compared.'

/** The error budget of a rollout. */
export function budgetOf({ scopes }: ProgressiveRollout): Budget {
  return { scopes }
}

/** Returns the estimate of the metric that needs the most users. */
function missingOf({ judged }: JudgedCounts): Eta | undefined {
  const estimates = judged.metrics.flatMap(({ eta }) => eta ?? [])
  return estimates.sort((one, other) => other.units - one.units)[0]
}

function runOf({ joined, attempt }: RolloutRun): RunOfScope {
  return { attempt, ...(joined > 0 && { joiner: joined }) }
}

/** Counts the watched minutes with exposures, and the units, since the step began. */
function countsSince(
  rows: readonly SeriesMinute[],
  since: number,
  gaps: readonly LeaseGap[],
): Pick<RunHealth, 'minutes' | 'units'> {
  const later = rows.filter(({ minute, exposed }) => minute + MINUTE_MS > since && exposed > 0)
  const minutes = new Set(later.map(({ minute }) => minute))
  const isWatched = (minute: number) =>
    !gaps.some(({ from, to }) => minute < to && minute + MINUTE_MS > from)
  return {
    minutes: [...minutes].filter(isWatched).length,
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

function verdictOf({ judged, metrics, counts }: JudgedCounts, stage?: StageFacts): RunVerdict {
  const { state, action, sentence, metric: key } = judged
  const metric = metrics.find((one) => one.key === key)
  const decisive = metric && counts.get(metric.key)
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
    ...(state === 'safe' && { stage, metrics: judged.metrics.map(clearanceOf) }),
    ...(metric && decisive && { counts: recordCounts(metric, decisive.finished, decisive.recent) }),
  }
  return {
    action: ACTIONS[action],
    reason: { code: state, text: sentence },
    ...(judged.metrics.some(({ keepsHold }) => keepsHold) && { keepsHold: true as const }),
    // Plain JSON: an infinite threshold becomes null.
    evidence: JSON.parse(JSON.stringify(evidence)),
  }
}

/** The facts by which a metric is cleared. */
function clearanceOf({ metric, state, units, events, ruledOut, comparison }: MetricVerdict) {
  return { metric, state, units, events, ruledOut, comparison }
}
