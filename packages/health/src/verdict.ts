import type { Arms } from './counts.ts'
import type { EvidenceProcess } from './evidence-process.ts'
import type { Eta } from './stage.ts'

/**
 * The state of one metric in one scope:
 *
 * - `regressed`: evidence over the budget, or treated users over the hard limit: roll back
 * - `both-paths`: users of both arms are over the hard limit, so the cause is elsewhere: hold
 * - `watch`: evidence of 20 to 1, or users kept off by a circuit: hold
 * - `no-data`: the outcome never arrives, or has stopped in both arms: hold
 * - `waiting`: the difference is not ruled out yet
 * - `too-few`: it will not be ruled out within a week
 * - `cleared`: the difference is ruled out
 * - `shown`: not judged
 */
export type MetricState =
  | 'regressed'
  | 'both-paths'
  | 'watch'
  | 'no-data'
  | 'waiting'
  | 'too-few'
  | 'cleared'
  | 'shown'

/** The state of a scope: the worst of its metrics, `mismatch` of its arms, or `safe` at the end. */
export type ScopeState = Exclude<MetricState, 'shown'> | 'mismatch' | 'safe'

/**
 * A condition of "safe to stop watching" that a scope does not meet:
 *
 * - `hours`: the last stage has not lasted for a day
 * - `busiest-hour`: no unit was exposed in the hour of the day that is usually the busiest
 * - `users`: fewer than 80 % of the usual users of a day were exposed
 * - `late-evidence`: the last six hours alone are evidence of harm
 */
export type SafetyGap = 'hours' | 'busiest-hour' | 'users' | 'late-evidence'

/** The action that a state calls for. */
export type Action = 'roll-back' | 'hold' | 'wait' | 'go-on' | 'stop-watching'

/** Actions by state. A `too-few` scope waits until its plan decides otherwise. */
export const ACTIONS: Readonly<Record<ScopeState, Action>> = {
  regressed: 'roll-back',
  mismatch: 'hold',
  'both-paths': 'hold',
  watch: 'hold',
  'no-data': 'hold',
  'too-few': 'wait',
  waiting: 'wait',
  cleared: 'go-on',
  safe: 'stop-watching',
}

/** Evidence beside the threshold that it is compared with: both are log10 of an e-value. */
export interface Evidence {
  readonly log10: number
  /** -log10 of the error budget. Infinity is written as null in JSON: nothing rolls back. */
  readonly threshold: number
}

/** Values that a share of the units do not exceed, by arm. */
export interface Quantiles {
  readonly p50: Arms
  readonly p90: Arms
  readonly p99: Arms
}

/** A verdict on one metric in one scope. A function of the counts alone. */
export interface MetricVerdict {
  readonly metric: string
  readonly state: MetricState
  /** The test that passed its threshold; absent unless the state is `regressed` or `both-paths`. */
  readonly by?: 'comparison' | 'limit'
  /** Units of each arm. A unit counts once in each allocation. */
  readonly units: Arms
  /**
   * Units whose outcome arrived. An absence counts units without it, a measurement all measured
   * ones.
   */
  readonly events: Arms
  /**
   * Shares of units with events. The control's share is weighted by the treated units of each
   * allocation, so that stages with other shares or other baselines do not distort the comparison.
   */
  readonly rates: Arms
  /** For a measurement only. */
  readonly quantiles?: Quantiles
  /** Evidence of harm by comparison of the arms. */
  readonly comparison: Evidence
  /** Present while the evidence is 5 to 1 or more: a hold for `watch` goes on until it is less. */
  readonly keepsHold?: true
  /** Evidence that treated users exceed the hard limit; absent without a limit. */
  readonly limit?: Evidence
  /**
   * The harm is at least this large with 99 % confidence at any time, as a difference of shares;
   * for a measurement, of units beyond the old p90. Looked for once the state is `watch` or
   * `regressed`.
   */
  readonly atLeast?: number
  /** A harm of this size or more is ruled out, with 95 % confidence at any time. */
  readonly ruledOut?: number
  /** Present while waiting. */
  readonly eta?: Eta
  /** One sentence for people. */
  readonly sentence: string
  /** The bets behind `comparison`, for {@link judgeTogether}. */
  readonly process: EvidenceProcess
}

/** A verdict on one scope. */
export interface ScopeVerdict {
  readonly scope: string
  readonly state: ScopeState
  readonly action: Action
  /** Key of the metric that decided; absent if none did. */
  readonly metric?: string
  /** Present in the last stage, while the state is `cleared`: the reason why it is not `safe`. */
  readonly gap?: SafetyGap
  /** Evidence that units are missing from an arm. */
  readonly mismatch: Evidence
  readonly metrics: readonly MetricVerdict[]
  readonly sentence: string
}

/** Names that sentences contain. */
export interface Subject {
  /** One user in so many is counted; all by default. */
  readonly oneIn?: number | undefined
  /** Title or key of the instance or environment. */
  readonly scope: string
  readonly flag: string
}
