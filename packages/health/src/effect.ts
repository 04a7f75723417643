import { alignedMinutes } from './aligned-minutes.ts'
import type { AllocationCounts, Arms, Histogram, MinuteCounts } from './counts.ts'
import { quantileEffect } from './effect-of-quantile.ts'
import { rateEffect } from './effect-of-rate.ts'
import type { Metric } from './metric.ts'

/** Counts of one variant of a split in one minute. */
export interface VariantMinute {
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly exposed: number
  /** Units exposed in this minute that had the outcome within the maturity window. */
  readonly matured?: number
  readonly measured?: Histogram
}

/** Finished minutes of one variant, ordered, whose outcomes have matured. */
export interface VariantCounts {
  readonly variant: string
  readonly minutes: readonly VariantMinute[]
}

/** An interval that contains the effect. A missing end is not known yet. */
export interface Interval {
  readonly low?: number
  readonly high?: number
}

/** The interval at the end of a minute: a point of a plot. */
export interface EffectPoint extends Interval {
  /** Start of the minute, epoch ms. */
  readonly minute: number
}

/** The effect of a variant compared with the baseline. */
export interface Effect {
  readonly baseline: string
  readonly variant: string
  /**
   * `difference`: share of units with the outcome, variant minus baseline. `ratio`: median of the
   * measurements, variant by baseline.
   */
  readonly scale: 'difference' | 'ratio'
  /** The observed effect; absent without units in both variants. */
  readonly estimate?: number
  /** Contains the effect at all times at once, with the probability asked for. */
  readonly interval: Interval
  /** The running interval, oldest first. It never widens. */
  readonly series: readonly EffectPoint[]
}

/**
 * Returns the effect of each other variant against the first one, with a confidence sequence: the
 * interval may be read at any time, any number of times.
 *
 * @param alpha probability that any of the intervals ever misses its effect. @default 0.05
 */
export function compareVariants(
  variants: readonly VariantCounts[],
  kind: 'rate' | 'measurement',
  alpha = 0.05,
): readonly Effect[] {
  const [baseline, ...others] = variants
  if (baseline === undefined) return []
  return others.map((other) => {
    const aligned = alignedMinutes(baseline.minutes, other.minutes)
    const part = alpha / others.length
    return {
      baseline: baseline.variant,
      variant: other.variant,
      ...(kind === 'rate' ? rateEffect([aligned], part) : quantileEffect(aligned, part)),
    }
  })
}

/**
 * Returns the effect of a rollout: its treatment against its control, for a plot beside the
 * verdict. For a measurement, of the last allocation alone, since medians of several cannot be
 * added.
 *
 * @param allocations finished minutes whose outcomes have matured
 */
export function compareArms(
  metric: Metric,
  allocations: readonly AllocationCounts[],
  alpha = 0.05,
): Effect {
  const runs = allocations.map(({ minutes }) =>
    alignedMinutes(
      minutes.map((minute) => ofArm(metric, minute, 'control')),
      minutes.map((minute) => ofArm(metric, minute, 'treatment')),
    ),
  )
  return {
    baseline: 'control',
    variant: 'treatment',
    ...(metric.kind === 'measurement'
      ? quantileEffect(runs.at(-1) ?? [], alpha)
      : rateEffect(runs, alpha)),
  }
}

function ofArm(metric: Metric, minute: MinuteCounts, arm: keyof Arms): VariantMinute {
  const exposed = minute.exposed[arm]
  const matured = minute.matured?.[arm] ?? 0
  return {
    minute: minute.minute,
    exposed,
    matured: metric.kind === 'absence' ? Math.max(0, exposed - matured) : matured,
    ...(minute.measured !== undefined && { measured: minute.measured[arm] }),
  }
}
