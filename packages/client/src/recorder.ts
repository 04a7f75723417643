import type { EvaluationContext } from '@flaghoist/core'
import {
  histogramBucket,
  murmur3Int32,
  type Placement,
  placementOf,
  placeUnit,
  type Resolution,
  sampledIdentifier,
} from '@flaghoist/core/internal'
import { createAliveSignals } from './alive-signals.ts'
import { type Exposed, type Exposure, rememberExposure } from './exposure.ts'
import { createMinuteCounts, type MinuteCounts } from './minute-counts.ts'
import type { Platform } from './platform.ts'
import { createUnitWindow } from './unit-window.ts'

/** Records exposures and outcomes until a report takes them. */
export interface Recorder extends Pick<MinuteCounts, 'size' | 'tally' | 'drain'> {
  /**
   * Records an exposure. A unit that chance gave its variant counts once in a few minutes, anything
   * else by call. A repeat allocates nothing.
   */
  recordExposure(
    resolution: Resolution,
    context: EvaluationContext | undefined,
    exposed?: Exposed,
  ): void
  /** Records that all exposed units are alive, because the page or process ends in order. */
  signalAll(): void
  /** Ends the recording of exposures, in order. */
  stop(): void
  /** Pauses or resumes the recording of exposures and outcomes. */
  pause(isPaused: boolean): void
  /** Records an outcome of an exposed unit, the first time. */
  recordOutcome(exposure: Exposure | undefined, metric: string, value?: number): void
}

/**
 * The flags whose units are sampled: one unit in so many is reported. An SDK of an environment has
 * them by `flag@instance`.
 */
export type Samples = Readonly<Record<string, number>>

/** Longest instance name that a server accepts, in characters. */
const MAX_INSTANCE_CHARACTERS = 1_000

/**
 * Creates a recorder. It counts a unit that chance assigned once per resolution and window of some
 * minutes; the server counts each unit once for good.
 *
 * @param onRecorded requests a report; an urgent one if chance decided, since health is watched
 * @param countsSplits returns false if the server is too old for outcomes and rules of splits
 * @param samples returns the samples that the server wants
 */
export function createRecorder(
  platform: Platform,
  onRecorded: (isUrgent: boolean) => void,
  countsSplits: () => boolean,
  samples: () => Samples,
): Recorder {
  const { isNew } = createUnitWindow(platform)
  const { countCall, exposureItem, outcomeItem, ...counts } = createMinuteCounts(
    platform,
    () => onRecorded(false),
    countsSplits,
  )
  let isStopped = false
  let isPaused = false

  /** Returns the hash of a unit; undefined if it is outside the sample of the flag. */
  const sampledHash = ({ flag, unit }: Resolution['parts'], text: string, instance = '') =>
    sampledIdentifier(unit!.salt, text, samples()[flag] ?? samples()[`${flag}@${instance}`])

  const recordOutcome: Recorder['recordOutcome'] = (exposure, metric, value) => {
    if (isPaused || !exposure) return
    const { resolution, unit, instance } = exposure
    if (!resolution.flagMetadata.arm && !countsSplits()) return
    const isMeasured = typeof value === 'number'
    const { parts } = resolution
    const id = murmur3Int32(metric, resolution.id)
    if (!isNew(id, placeUnit(parts.unit!, unit), instance)) return
    const hash = sampledHash(parts, unit, instance)
    if (!hash) return
    const item = outcomeItem(resolution, instance, metric, isMeasured)
    item.units.push(hash)
    item.buckets?.push(histogramBucket(value!))
    onRecorded(true)
  }
  const { awaitSignal, signalAll } = createAliveSignals(platform, (exposure) =>
    recordOutcome(exposure, 'alive'),
  )

  const recordUnit = (
    resolution: Resolution,
    unit: Placement,
    instance: string | undefined,
  ): void => {
    if (!isNew(resolution.id, unit, instance)) return
    const { text } = unit
    const hash = sampledHash(resolution.parts, text, instance)
    if (!hash) return
    const item = exposureItem(resolution, instance)
    item.count += 1
    item.units ??= []
    item.units.push(hash)
    awaitSignal({ resolution, unit: text, instance })
    onRecorded(true)
  }

  return {
    recordExposure(resolution, context, exposed) {
      const { revision, unit } = resolution.parts
      // A resolution that no server has compiled belongs to no revision that could be judged.
      if (isStopped || isPaused || revision === 0) return
      try {
        const instance = instanceOf(context)
        const placed = unit && placementOf(unit, context!) // Chance needs the unit of a context.
        if (placed) recordUnit(resolution, placed, instance)
        else countCall(resolution, instance)
        if (exposed) rememberExposure(exposed, resolution, placed?.text, instance)
      } catch {
        // A getter of the context threw.
      }
    },
    recordOutcome,
    signalAll,
    stop() {
      signalAll()
      isStopped = true
    },
    pause(shouldPause) {
      isPaused = shouldPause
    },
    ...counts,
  }
}

function instanceOf(context: EvaluationContext | undefined): string | undefined {
  const instance: unknown = context?.instance
  return typeof instance === 'string' ? instance.slice(0, MAX_INSTANCE_CHARACTERS) : undefined
}
