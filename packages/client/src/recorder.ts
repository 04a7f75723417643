import { type EvaluationContext, hashIdentifier } from '@flaghoist/core'
import {
  exposedUnit,
  histogramBucket,
  murmur3Int32,
  type Resolution,
} from '@flaghoist/core/internal'
import { createAliveSignals } from './alive-signals.ts'
import { type Exposed, type Exposure, rememberExposure } from './exposure.ts'
import { createMinuteCounts, type MinuteCounts } from './minute-counts.ts'
import type { Platform } from './platform.ts'
import { createUnitWindow } from './unit-window.ts'

/** Records exposures and outcomes until a report takes them. */
export interface Recorder extends Pick<MinuteCounts, 'size' | 'total' | 'drain'> {
  /**
   * Records an exposure, unless the unit had the same one a few minutes ago. A repeat allocates
   * nothing.
   */
  recordExposure(
    resolution: Resolution,
    context: EvaluationContext | undefined,
    exposed?: Exposed,
  ): void
  /** Ends the recording of exposures. */
  stop(): void
  /** Records an outcome of a unit, the first time. */
  recordOutcome(exposure: Exposure, metric: string, value?: number): void
}

/** Longest instance name that a server accepts, in characters. */
const MAX_INSTANCE_CHARACTERS = 1_000

/**
 * Creates a recorder. It counts each pair of a unit and a resolution once per window of some
 * minutes; the server counts each unit once for good.
 *
 * @param onRecorded requests a report; an urgent one if it concerns a rollout, whose health is
 * watched
 */
export function createRecorder(
  platform: Platform,
  onRecorded: (isUrgent: boolean) => void,
): Recorder {
  const { isNew } = createUnitWindow(platform)
  const { exposureItem, outcomeItem, ...counts } = createMinuteCounts(platform)
  let isStopped = false

  const recordOutcome = (exposure: Exposure, metric: string, value?: number): void => {
    const { resolution, unit, instance } = exposure
    const isMeasured = typeof value === 'number'
    if (!isNew(murmur3Int32(metric, resolution.id), unit, instance)) return
    const item = outcomeItem(resolution, instance, metric, isMeasured)
    item.units.push(hashIdentifier(resolution.parts.unit!.salt, unit))
    if (isMeasured) item.buckets!.push(histogramBucket(value))
    onRecorded(true)
  }
  const awaitAlive = createAliveSignals(platform, (exposure) => recordOutcome(exposure, 'alive'))

  const add = (resolution: Resolution, unit: string | undefined, instance: string | undefined) => {
    const compared = resolution.parts.unit
    const item = exposureItem(resolution, instance)
    item.count += 1
    const isCompared = compared !== undefined && unit !== undefined
    if (isCompared) {
      item.units ??= []
      item.units.push(hashIdentifier(compared.salt, unit))
      awaitAlive({ resolution, unit, instance })
    }
    onRecorded(isCompared)
  }

  return {
    recordExposure(resolution, context, exposed) {
      // A resolution that no server has compiled belongs to no revision that could be judged.
      if (isStopped || resolution.parts.revision === 0) return
      try {
        const unit = exposedUnit(resolution, context)
        const given: unknown = context?.instance
        const instance =
          typeof given === 'string' ? given.slice(0, MAX_INSTANCE_CHARACTERS) : undefined
        if (isNew(resolution.id, unit, instance)) add(resolution, unit, instance)
        if (exposed) rememberExposure(exposed, resolution, unit, instance)
      } catch {
        // A getter of the context threw.
      }
    },
    recordOutcome,
    stop() {
      isStopped = true
    },
    ...counts,
  }
}
