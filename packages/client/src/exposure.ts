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
  /** Id of the rule whose split served; empty for another split, absent without one. */
  readonly rule: string | undefined
  /** Number of exposures: units that chance gave the variant, or else calls. */
  count: number
  /** Units that chance gave the variant, as salted hashes of 64 bits. */
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
  /** As in {@link ExposureItem}. */
  readonly rule: string | undefined
  readonly metric: string
  readonly units: string[]
  /** Histogram buckets of the measurements, parallel to `units`. */
  readonly buckets: number[] | undefined
}

/** An exposure that outcomes are attributed to: chance gave the unit its variant. */
export interface Exposure {
  readonly resolution: Resolution
  readonly unit: string
  readonly instance: string | undefined
}

/** The latest exposure of a context, by flag. */
export type Exposed = Map<string, Exposure>

/**
 * Keeps the latest exposure of a context; deletes it without a unit that chance gave the variant.
 */
export function rememberExposure(
  exposed: Exposed,
  resolution: Resolution,
  unit: string | undefined,
  instance: string | undefined,
): void {
  const { flag } = resolution.parts
  if (unit === undefined) {
    if (exposed.size > 0) exposed.delete(flag)
    return
  }
  const known = exposed.get(flag)
  if (known?.resolution !== resolution || known.unit !== unit || known.instance !== instance)
    exposed.set(flag, { resolution, unit, instance })
}
