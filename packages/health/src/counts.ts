/** One number for each arm of a rollout. */
export interface Arms {
  readonly control: number
  readonly treatment: number
}

/** Units by histogram bucket: [bucket 0 to 127, units], ordered by bucket. */
export type Histogram = readonly (readonly [bucket: number, units: number])[]

/** Counts of one metric in one scope and minute. A missing member is zero. */
export interface MinuteCounts {
  /** Start of the minute, epoch ms. */
  readonly minute: number
  /** Units that chance gave their arm, first exposed in this allocation in this minute. */
  readonly exposed: Arms
  /** Units whose first outcome in this attempt of the rollout ARRIVED in this minute. */
  readonly arrived?: Arms
  /**
   * Units exposed in this minute that had the outcome within the maturity window, as counted so
   * far. For an `absence` metric, the units that reported it.
   */
  readonly matured?: Arms
  /** First measurements of units, by the minute of their arrival. */
  readonly measured?: { readonly control: Histogram; readonly treatment: Histogram }
}

/**
 * The counts of one allocation: a run of revisions with the same people in the same arms, by equal
 * salt, unit, share, serve, variants and prerequisites.
 */
export interface AllocationCounts {
  /** First revision of the run. It identifies the allocation. */
  readonly revision: number
  /** Designed share of the treatment among the units of both arms, between 0 and 1. */
  readonly share: number
  /** Ordered by minute. */
  readonly minutes: readonly MinuteCounts[]
}

/** Both arms without a unit. */
export const NOBODY: Arms = { control: 0, treatment: 0 }

export function addArms(a: Arms, b: Arms): Arms {
  return { control: a.control + b.control, treatment: a.treatment + b.treatment }
}

export function bothArms({ control, treatment }: Arms): number {
  return control + treatment
}

/**
 * Returns the allocations without the minutes before a time. A person who accepted a hold restarts
 * the evidence of holds with them, and "quiet for six hours" is judged on them.
 *
 * @param from epoch ms, inclusive
 */
export function allocationsSince(
  allocations: readonly AllocationCounts[],
  from: number,
): readonly AllocationCounts[] {
  return allocations
    .map((allocation) => ({
      ...allocation,
      minutes: allocation.minutes.filter(({ minute }) => minute >= from),
    }))
    .filter(({ minutes }) => minutes.length > 0)
}
