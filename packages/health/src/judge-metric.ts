import { allBlocks } from './blocks.ts'
import { lowerBound, upperBound } from './bounds.ts'
import { splitAlpha } from './budget.ts'
import { type AllocationCounts, allocationsSince, bothArms } from './counts.ts'
import { trialOf, withRecent } from './fold.ts'
import { logOverLimit } from './kernels/hard-limit.ts'
import { quantilesOf, standardisedRates, totalsOf } from './rates.ts'
import { metricSentence } from './sentence.ts'
import { haveBothArmsStopped } from './silence.ts'
import { CLEARANCE_ALPHA, etaOf, isCleared, isTooSlow } from './stage.ts'
import { evidenceOfHarm, type Tally } from './tally.ts'
import type { Trial } from './trial.ts'
import type { Evidence, MetricState, MetricVerdict, Subject } from './verdict.ts'

/** Confidence of the bound on harm that sentences name. */
const BOUND_ALPHA = 0.01
/** Evidence that holds a rollout: 20 to 1. */
export const WATCH_LOG = Math.log(20)
/**
 * Evidence below which such a hold ends: 5 to 1. With one bound for both, evidence close to it
 * would hold and release a rollout every few seconds.
 */
const RELEASE_LOG = Math.log(5)
/** Units that must have been exposed before a metric that never arrives is missed. */
const MISSED_AFTER = 50

/** The counts that a verdict is a function of. */
export interface MetricCounts {
  /** Finished minutes, folded. */
  readonly tally: Tally
  /** The minutes after them, up to now. */
  readonly recent: readonly AllocationCounts[]
  /** Present after a person accepted a hold. */
  readonly accepted?: AcceptedHold
}

/**
 * A hold that a person accepted: evidence of holds starts anew from that minute on. Evidence of
 * rollbacks is never accepted.
 */
export interface AcceptedHold {
  /** The first minute after the acceptance, epoch ms. */
  readonly from: number
  /** Finished minutes from it on, folded. */
  readonly tally: Tally
}

/** The terms that a metric is judged by. */
export interface MetricTerms {
  readonly subject: Subject
  /** Error budget of this metric in this scope, from the functions of the budget. */
  readonly alpha: number
  /** Difference of shares to rule out before the next stage, above 0. */
  readonly delta: number
  /** Growths of the share that the plan allows at most. Unknown by default. */
  readonly restartsAhead?: number
}

/** Everything about a metric that its state follows from. */
interface Findings {
  readonly tally: Tally
  readonly now: Tally
  readonly comparison: Evidence
  /** The logarithm of the evidence that holds. */
  readonly watchLog: number
  readonly limit: Evidence | undefined
  readonly isCleared: boolean
  readonly eta: MetricVerdict['eta']
}

/** Judges one metric in one scope. */
export function judgeMetric(counts: MetricCounts, terms: MetricTerms): MetricVerdict {
  const findings = findingsOf(counts, terms)
  const { now, comparison, limit } = findings
  const { state, by } = stateOf(findings)
  const isHarm = state === 'regressed' || state === 'watch'
  const atLeast = isHarm ? lowerBound(blocksSoFar(counts, now), BOUND_ALPHA) : undefined
  const ruledOut = upperBound(counts.tally.blocks.closed, CLEARANCE_ALPHA)
  const verdict = {
    metric: now.metric.key,
    state,
    ...(by !== undefined && { by }),
    ...totalsOf(now),
    rates: standardisedRates(now),
    ...(now.metric.kind === 'measurement' && { quantiles: quantilesOf(now) }),
    comparison,
    ...(keepsHold(findings) && { keepsHold: true as const }),
    ...(limit !== undefined && { limit }),
    ...(atLeast !== undefined && atLeast > 0 && { atLeast }),
    ...(ruledOut !== undefined && { ruledOut }),
    ...((state === 'waiting' || state === 'too-few') &&
      findings.eta !== undefined && { eta: findings.eta }),
    process: now.process,
  }
  return { ...verdict, sentence: metricSentence(verdict, now.metric, terms.subject) }
}

function findingsOf(counts: MetricCounts, terms: MetricTerms): Findings {
  const { tally, recent } = counts
  const now = withRecent(tally, recent)
  const { metric, limited } = now
  const budget = splitAlpha(metric, terms.alpha)
  const { harmed, units } = limited
  const limitLog =
    metric.limit &&
    logOverLimit(harmed.treatment, Math.max(units.treatment, harmed.treatment), metric.limit.share)
  return {
    tally,
    now,
    comparison: evidence(evidenceOfHarm(now, terms.restartsAhead), budget.comparison),
    watchLog: evidenceOfHarm(sinceAccepted(counts, now), terms.restartsAhead) * Math.LN10,
    limit: limitLog === undefined ? undefined : evidence(limitLog / Math.LN10, budget.limit),
    isCleared: isCleared(tally, terms.delta),
    eta: etaOf(tally, now, terms.delta),
  }
}

/** All minutes, or those after a hold that a person accepted. */
function sinceAccepted({ accepted, recent }: MetricCounts, now: Tally): Tally {
  return accepted === undefined
    ? now
    : withRecent(accepted.tally, allocationsSince(recent, accepted.from))
}

function evidence(log10: number, alpha: number): Evidence {
  return { log10, threshold: -Math.log10(alpha) }
}

function isOver({ log10, threshold }: Evidence): boolean {
  return log10 >= threshold
}

function stateOf(findings: Findings): Pick<MetricVerdict, 'state' | 'by'> {
  const { now, comparison, limit, watchLog } = findings
  const { role, kind } = now.metric
  if (role === 'shown') return { state: 'shown' }
  if (role === 'guardrail') {
    if (isOver(comparison)) return { state: 'regressed', by: 'comparison' }
    if (limit !== undefined && isOver(limit))
      return { state: isControlUnderLimit(now) ? 'regressed' : 'both-paths', by: 'limit' }
  }
  if (kind === 'kept-off') return { state: isKeptOff(findings) ? 'watch' : 'cleared' }
  if (watchLog >= WATCH_LOG) return { state: 'watch' }
  if (isMissing(now) || haveBothArmsStopped(findings)) return { state: 'no-data' }
  return { state: role === 'goal' ? 'shown' : clearanceState(findings) }
}

/** Checks that evidence of harm is too strong for the end of a hold. */
function keepsHold({ now, watchLog }: Findings): boolean {
  const { role, kind } = now.metric
  return role !== 'shown' && kind !== 'kept-off' && watchLog >= RELEASE_LOG
}

function clearanceState({ now, isCleared, eta }: Findings): MetricState {
  if (isCleared) return 'cleared'
  // Before the first minute nothing is known of the time that it takes.
  if (now.allocations.length === 0) return 'waiting'
  return isTooSlow(eta) ? 'too-few' : 'waiting'
}

/** Without control units, nothing speaks against the limit. */
function isControlUnderLimit({ metric, limited }: Tally): boolean {
  const { units, harmed } = limited
  return units.control === 0 || harmed.control / units.control < metric.limit!.share
}

/** Checks that a circuit kept treated units off in the recent minutes. */
function isKeptOff({ tally, now }: Findings): boolean {
  return totalsOf(now).events.treatment > totalsOf(tally).events.treatment
}

/** Checks that an outcome that users have without harm has never arrived. */
function isMissing({ metric, allocations }: Tally): boolean {
  if (metric.kind === 'failure') return false // None is the best that can happen.
  const { units, events } = totalsOf({ allocations })
  if (bothArms(units) < MISSED_AFTER) return false
  return metric.kind === 'absence' ? bothArms(events) >= bothArms(units) : bothArms(events) === 0
}

/** All units and events so far, with those whose time is not over: they dampen the difference. */
function blocksSoFar({ tally, recent }: MetricCounts, now: Tally): readonly Trial[] {
  if (now.metric.kind === 'measurement') return allBlocks(now.blocks)
  const minutes = recent.flatMap((allocation) => allocation.minutes)
  return [...allBlocks(tally.blocks), ...minutes.map((minute) => trialOf(now.metric, minute))]
}
