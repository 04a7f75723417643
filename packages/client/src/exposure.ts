import type { Arm, Reason } from '@flaghoist/core'
import type { Resolution } from '@flaghoist/core/internal'

/** Exposures to one variant in one minute. */
export interface ExposureItem {
  readonly flag: string
  /** Absent for the caller's fallback. */
  readonly variant: string | undefined
  readonly revision: number
  readonly reason: Reason
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly instance: string | undefined
  readonly arm: Arm | undefined
  /** Number of exposures; each unit counts once within the window. */
  count: number
  /** Exposed units of a randomised rollout, as salted hashes of 64 bits. */
  units: string[] | undefined
}

/** Units that had one outcome under one variant in one minute. */
export interface OutcomeItem {
  readonly flag: string
  /** Absent for the caller's fallback. */
  readonly variant: string | undefined
  readonly revision: number
  readonly minute: number
  readonly instance: string | undefined
  readonly arm: Arm | undefined
  readonly metric: string
  readonly units: string[]
  /** Histogram buckets of the measurements, parallel to `units`. */
  readonly buckets: number[] | undefined
}

/** An exposure that outcomes are attributed to: a percentage rollout has placed the unit. */
export interface Exposure {
  readonly resolution: Resolution
  readonly unit: string
  readonly instance: string | undefined
}

/** The latest exposure of a context, by flag. */
export type Exposed = Map<string, Exposure>

/**
 * Keeps the latest exposure of a context; deletes it if no rollout has decided, or if the context
 * has no unit.
 */
export function rememberExposure(
  exposed: Exposed,
  resolution: Resolution,
  unit: string | undefined,
  instance: string | undefined,
): void {
  const { flag, unit: compared } = resolution.parts
  if (compared === undefined || unit === undefined) {
    if (exposed.size > 0) exposed.delete(flag)
    return
  }
  const known = exposed.get(flag)
  if (known?.resolution !== resolution || known.unit !== unit || known.instance !== instance)
    exposed.set(flag, { resolution, unit, instance })
}
