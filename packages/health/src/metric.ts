import type { Arms } from './counts.ts'

/**
 * - `failure`: more units with the outcome are harm
 * - `absence`: fewer units with the outcome are harm, as for `alive`; each unit is counted in the
 *   allocation of its first exposure in this attempt only, or units that never report would count
 *   again
 * - `conversion`: fewer units with the outcome are harm
 * - `measurement`: larger values are harm, or smaller ones with `direction: 'less'`
 * - `kept-off`: units that an open circuit keeps off; never compared, since only one arm has a
 *   circuit
 */
export type MetricKind = 'failure' | 'absence' | 'conversion' | 'measurement' | 'kept-off'

/** A metric as it is judged. */
export interface Metric {
  readonly key: string
  readonly kind: MetricKind
  /**
   * A `guardrail` rolls back and must be cleared. A `goal` holds, but neither rolls back nor has to
   * be cleared. The others are `shown`.
   */
  readonly role: 'guardrail' | 'goal' | 'shown'
  /** The harmful direction of a measurement. @default 'more' */
  readonly direction?: 'more' | 'less'
  /**
   * Relative worsening that neither rolls back nor has to be ruled out, such as 0.1 for ten
   * percent.
   * @default 0
   */
  readonly margin?: number
  readonly limit?: HardLimit
}

/** The largest share of treated units that may be harmed, whatever happens in the control arm. */
export interface HardLimit {
  /** Between 0 and 1. For a conversion, the largest share of units that may not convert. */
  readonly share: number
  /** For a measurement: units in a bucket beyond this one count as harmed. */
  readonly bucket?: number
}

/** A pair whose first member is the arm that harm would make larger. */
export type Pair = readonly [suspect: number, reference: number]

/** Checks that more of the outcome in the control arm means harm. */
export function isMirrored({ kind, direction }: Metric): boolean {
  return kind === 'conversion' || (kind === 'measurement' && direction === 'less')
}

/** Orders the arms so that the suspect comes first: the treatment, or for a loss the control. */
export function suspectFirst(metric: Metric, { control, treatment }: Arms): Pair {
  return isMirrored(metric) ? [control, treatment] : [treatment, control]
}
