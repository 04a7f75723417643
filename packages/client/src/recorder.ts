import {
  type Arm,
  type EvaluationContext,
  exposedUnit,
  hashIdentifier,
  histogramBucket,
  murmur3Int32,
  type Reason,
  type Resolution,
} from '@flaghoist/core'
import { createIntSet } from './int-set.ts'
import type { Platform } from './platform.ts'

/** How often one variant was served in one minute. */
export interface ExposureItem {
  readonly flag: string
  readonly variant: string
  readonly revision: number
  readonly reason: Reason
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly instance: string | undefined
  readonly arm: Arm | undefined
  /** Exposures, each unit once within the window. */
  count: number
  /** Of a randomised rollout: who was exposed, as salted hashes of 64 bits. */
  units: string[] | undefined
}

/** Whom something has happened to in one minute. */
export interface OutcomeItem {
  readonly flag: string
  readonly variant: string
  readonly revision: number
  readonly minute: number
  readonly instance: string | undefined
  readonly arm: Arm | undefined
  readonly metric: string
  readonly units: string[]
  /** Of what was measured, parallel to `units`: `histogramBucket`. */
  readonly buckets: number[] | undefined
}

/** An exposure that outcomes can be attributed to: a percentage rollout has put the unit there. */
export interface Exposure {
  readonly resolution: Resolution
  readonly unit: string
  readonly instance: string | undefined
}

/** What a context was exposed to, by flag: the latest counts. */
export type Exposed = Map<string, Exposure>

export interface Exposures {
  /** Counts an answer, unless the unit had the same one a short time ago. On a repeat nothing is allocated. */
  recordExposure(
    resolution: Resolution,
    context: EvaluationContext | undefined,
    exposed?: Exposed,
  ): void
  /** Counts that something happened to a unit, the first time. */
  recordOutcome(exposure: Exposure, metric: string, value?: number): void
  /** Units and items that wait to be taken. */
  size(): number
  /** How many there have ever been. */
  total(): number
  /** Gives what was counted, and forgets it. */
  drain(): readonly [exposures: readonly ExposureItem[], outcomes: readonly OutcomeItem[]]
}

/** After so much time, a unit counts again. */
const WINDOW_MS = 300_000
const MINUTE_MS = 60_000
/** A user who is still there so long after an exposure has not crashed at it. */
const ALIVE_AFTER_MS = 15_000
/** Newcomers of so much time are told alive together. */
const GROUP_MS = 1_000
/** Characters of an instance that a server takes. */
const MAX_INSTANCE_CHARACTERS = 1_000

/**
 * Counts who was exposed to what: each pair of a unit and an answer once in a window of some minutes. The server counts each
 * unit once for good.
 *
 * @param report asks for a report; soon where it is of a rollout, whose health is watched
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory; each of its functions is short.
export function createExposures(
  platform: Platform,
  report: (isUrgent: boolean) => void,
): Exposures {
  const seen = createIntSet()
  let isTimed = false
  let exposures = new Map<string, ExposureItem>()
  let outcomes = new Map<string, OutcomeItem>()
  /** Who has come lately, and until when others join them. */
  let newcomers: Exposure[] = []
  let joinUntil = 0
  let size = 0
  let total = 0
  // Asks of one context come together: its hash is kept.
  let lastUnit: string | undefined
  let lastInstance: string | undefined
  let lastHash = 0

  /** Whether a unit has not met an id in this window; from now on it has. */
  const isNew = (id: number, unit = '', instance?: string): boolean => {
    if (unit !== lastUnit || instance !== lastInstance) {
      lastUnit = unit
      lastInstance = instance
      lastHash = murmur3Int32(unit, instance === undefined ? 0 : murmur3Int32(instance, 0))
    }
    // Both are hashes; two pairs that meet in one of 2³² are a matter of 1 in 40,000 units at most.
    return seen.add(lastHash ^ id)
  }

  /** The item of a minute. */
  const itemOf = <T>(
    items: Map<string, T>,
    { id, parts: { flag, revision }, variant, flagMetadata: { arm } }: Resolution,
    instance: string | undefined,
    more: { readonly metric?: string } & Partial<T>,
  ): T => {
    const now = platform.now()
    const minute = now - (now % MINUTE_MS)
    const name = [minute, id, instance, more.metric, 'buckets' in more].join()
    let item = items.get(name)
    if (item === undefined) {
      item = { flag, variant, revision, minute, instance, arm, ...more } as T
      items.set(name, item)
    }
    size += 1
    total += 1
    if (!isTimed) {
      isTimed = true
      platform.schedule(WINDOW_MS, () => {
        isTimed = false
        seen.clear()
      })
    }
    return item
  }

  const recordOutcome = (exposure: Exposure, metric: string, value?: number): void => {
    const { resolution, unit, instance } = exposure
    const isMeasured = typeof value === 'number'
    if (!isNew(murmur3Int32(metric, resolution.id), unit, instance)) return
    const item = itemOf<OutcomeItem>(outcomes, resolution, instance, {
      metric,
      units: [],
      ...(isMeasured && { buckets: [] }),
    })
    item.units.push(hashIdentifier(resolution.parts.unit!.salt, unit))
    if (isMeasured) item.buckets!.push(histogramBucket(value))
    report(true)
  }

  /** Tells of a newcomer who is still there after a while. */
  const awaitAlive = (exposure: Exposure) => {
    const now = platform.elapsed()
    if (now >= joinUntil) {
      joinUntil = now + GROUP_MS
      const group: Exposure[] = []
      newcomers = group
      platform.schedule(ALIVE_AFTER_MS + GROUP_MS, () => {
        for (const one of group) recordOutcome(one, 'alive')
      })
    }
    newcomers.push(exposure)
  }

  const add = (resolution: Resolution, unit: string | undefined, instance: string | undefined) => {
    const { parts, reason } = resolution
    const isCompared = parts.unit !== undefined && unit !== undefined
    const item = itemOf<ExposureItem>(exposures, resolution, instance, {
      reason,
      count: 0,
      units: isCompared ? [] : undefined,
    })
    item.count += 1
    if (isCompared) {
      item.units!.push(hashIdentifier(parts.unit.salt, unit))
      awaitAlive({ resolution, unit, instance })
    }
    report(isCompared)
  }

  return {
    recordExposure(resolution, context, exposed) {
      const { parts } = resolution
      // An answer that no server has compiled belongs to no revision that could be judged.
      if (parts.revision === 0) return
      try {
        const unit = exposedUnit(resolution, context)
        const given: unknown = context?.instance
        const instance =
          typeof given === 'string' ? given.slice(0, MAX_INSTANCE_CHARACTERS) : undefined
        if (isNew(resolution.id, unit, instance)) add(resolution, unit, instance)
        if (exposed) remember(exposed, resolution, unit, instance)
      } catch {
        // A getter in the context threw.
      }
    },
    recordOutcome,
    size: () => size,
    total: () => total,
    drain() {
      const taken = [[...exposures.values()], [...outcomes.values()]] as const
      exposures = new Map()
      outcomes = new Map()
      size = 0
      return taken
    },
  }
}

/** Notes what a context was exposed to last; nothing where no rollout has decided, or it is not known for whom. */
function remember(
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
