import { type Blocks, NO_BLOCKS } from './blocks.ts'
import { type Arms, NOBODY } from './counts.ts'
import { type EvidenceProcess, logMixture, startProcess } from './evidence-process.ts'
import { BUCKETS } from './histogram.ts'
import { EVENT_SHARE_WEIGHTS } from './kernels/event-share.ts'
import { LATENCY_WEIGHTS, type LatencyPast, TAILS } from './kernels/latency.ts'
import type { Metric } from './metric.ts'
import { EMPTY_TRIAL } from './trial.ts'

/** Odds ratios that a conversion metric bets on in matured blocks, beside its event share. */
export const CONVERSION_ODDS = [1.2, 1.5, 2, 3, 5, 10] as const
const CONVERSION_ODDS_WEIGHTS = [0.2, 0.25, 0.25, 0.15, 0.1, 0.05] as const

const CONVERSION_WEIGHTS: readonly number[] = [
  ...EVENT_SHARE_WEIGHTS.map((weight) => weight / 2),
  ...CONVERSION_ODDS_WEIGHTS.map((weight) => weight / 2),
]

/**
 * Units of one allocation so far, and those that had the outcome; for a measurement, were measured.
 */
export interface AllocationTotals {
  readonly revision: number
  readonly share: number
  readonly units: Arms
  readonly events: Arms
}

/**
 * Finished minutes of one metric in one scope, folded. Plain data: it survives JSON, and equals the
 * recount of the same minutes. A server may cache it and lose it.
 */
export interface Tally {
  readonly metric: Metric
  readonly process: EvidenceProcess
  /** Matured units and events; for a measurement, units beyond the reference's past p90. */
  readonly blocks: Blocks
  readonly allocations: readonly AllocationTotals[]
  /** Units that are harmed for the hard limit, of `limited.units`. */
  readonly limited: { readonly units: Arms; readonly harmed: Arms }
  /** Units by bucket, all 128 of them; empty unless the metric is a measurement. */
  readonly measured: { readonly control: readonly number[]; readonly treatment: readonly number[] }
  /** The reference's past with the margin, and units beyond its quantiles. */
  readonly latency: LatencyPast
  /** Start of the first and last minute, epoch ms; undefined before the first one. */
  readonly first: number | undefined
  readonly last: number | undefined
}

/** Returns the weights of the bets of a metric, in the order of its process. */
export function weightsOf({ kind }: Metric): readonly number[] {
  switch (kind) {
    case 'failure':
    case 'absence':
      return EVENT_SHARE_WEIGHTS
    case 'conversion':
      return CONVERSION_WEIGHTS
    case 'measurement':
      return LATENCY_WEIGHTS
    case 'kept-off':
      return []
  }
}

/**
 * Returns log10 of the evidence that the suspect is worse: the number that a rollback is decided
 * by.
 *
 * @param restartsAhead growths of the share that the plan allows at most
 */
export function evidenceOfHarm({ metric, process }: Tally, restartsAhead?: number): number {
  return logMixture(process, weightsOf(metric), restartsAhead) / Math.LN10
}

/** Returns the tally of a metric before its first minute. */
export function emptyTally(metric: Metric): Tally {
  const buckets = metric.kind === 'measurement' ? BUCKETS : 0
  const zeros = () => Array.from({ length: buckets }, () => 0)
  return {
    metric,
    process: startProcess(weightsOf(metric)),
    blocks: NO_BLOCKS,
    allocations: [],
    limited: { units: NOBODY, harmed: NOBODY },
    measured: { control: zeros(), treatment: zeros() },
    latency: { reference: zeros(), tails: TAILS.map(() => EMPTY_TRIAL) },
    first: undefined,
    last: undefined,
  }
}
