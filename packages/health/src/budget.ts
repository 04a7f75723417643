import type { Metric, MetricKind } from './metric.ts'

/** Part of the error budget that pays for verdicts on all scopes together. */
const SYSTEMIC_PART = 0.25
/** Part of the local budget that is kept for scopes that join later. */
const RESERVE = 0.1
/** Part of a metric's budget that pays for its hard limit, if it has one. */
const LIMIT_PART = 0.1

/** Parts of the budget before they are scaled to 1: harm that users notice first has the most. */
const WEIGHTS: Readonly<Record<MetricKind, number>> = {
  failure: 3,
  absence: 3,
  conversion: 1,
  measurement: 1,
  'kept-off': 1,
}

/** The error budget of one rollout: the probability that it ever rolls back a healthy scope. */
export interface Budget {
  /** @default 0.01 */
  readonly alpha?: number
  /** Scopes at the start of the rollout. */
  readonly scopes: number
}

/** A run of a scope in a rollout. */
export interface RunOfScope {
  /** 1 for the first scope that joined after the start, 2 for the next; absent at the start. */
  readonly joiner?: number
  /** 1 for the first attempt. @default 1 */
  readonly attempt?: number
}

/** Returns the part of the budget of each metric that can roll back, by key; they add up to 1. */
export function metricWeights(metrics: readonly Metric[]): ReadonlyMap<string, number> {
  const judged = metrics.filter(
    ({ role, kind, limit }) => role === 'guardrail' && (kind !== 'kept-off' || limit !== undefined),
  )
  const total = judged.reduce((sum, { kind }) => sum + WEIGHTS[kind], 0)
  return new Map(judged.map(({ key, kind }) => [key, WEIGHTS[kind] / total]))
}

/**
 * Returns the budget of one scope's run for all of its metrics. Over all scopes, joiners and
 * attempts, the budgets add up to at most three quarters of the rollout's.
 */
export function scopeAlpha({ alpha = 0.01, scopes }: Budget, run: RunOfScope = {}): number {
  const local = alpha * (1 - SYSTEMIC_PART)
  const { joiner, attempt = 1 } = run
  const ofScope =
    joiner === undefined ? (local * (1 - RESERVE)) / scopes : local * RESERVE * partOf(joiner)
  return ofScope * partOf(attempt)
}

/** Returns the budget of verdicts on all scopes together, for all metrics. */
export function systemicAlpha({ alpha = 0.01 }: Budget): number {
  return alpha * SYSTEMIC_PART
}

/** Divides the budget of a metric between its comparison and its hard limit. */
export function splitAlpha(
  { kind, limit }: Metric,
  alpha: number,
): Readonly<{
  comparison: number
  limit: number
}> {
  if (limit === undefined) return { comparison: alpha, limit: 0 }
  if (kind === 'kept-off') return { comparison: 0, limit: alpha }
  return { comparison: alpha * (1 - LIMIT_PART), limit: alpha * LIMIT_PART }
}

/** 1/2, 1/6, 1/12 …: they add up to 1, however many there will be. */
function partOf(number: number): number {
  return 1 / (number * (number + 1))
}
