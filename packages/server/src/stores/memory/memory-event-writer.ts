import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import { startOfMinute } from '../../time.ts'
import {
  addToHistogram,
  type CellCounters,
  exposureCounter,
  newCellCounters,
  outcomeCounter,
} from '../event-counters.ts'
import {
  ALIVE,
  ARM_REASONS,
  type AttemptKey,
  type BatchExposure,
  type BatchOutcome,
  type Cell,
  type EventBatch,
  MATURITY_MS,
  MAX_METRICS,
} from '../event-store.ts'
import {
  type AttemptEvents,
  attemptName,
  cellName,
  type FirstExposure,
  type ProjectEvents,
  type UnitState,
} from './event-memory.ts'

/** Adds the events of one batch. */
export function createWriter(project: string, { attempts }: ProjectEvents, batch: EventBatch) {
  const { at, maxMetrics } = batch
  const changed = new Set<AttemptKey>()
  const newUnits = new Map<AttemptKey, number>()

  const attemptOf = ({ flag, scope, attempt }: Cell): AttemptEvents => {
    const key = { project, flag, scope, attempt }
    const events = getOrSet(attempts, attemptName(key), (): AttemptEvents => {
      return { key, at, metrics: new Set(), cells: new Map(), units: new Map() }
    })
    events.at = Math.max(events.at, at)
    return events
  }
  /** Counts the first exposure of a unit under an allocation, and returns the unit. */
  const expose = (
    { key, units }: AttemptEvents,
    exposure: FirstExposure,
    name: string,
    reason: Reason,
  ): UnitState => {
    const { revision } = exposure.cell.cell
    const known = units.get(name)
    const unit = known ?? { first: exposure, exposures: new Map(), metrics: new Set() }
    if (unit.exposures.has(revision)) return unit
    units.set(name, unit)
    unit.exposures.set(revision, exposure)
    const counter = exposureCounter(exposure.cell, exposure.minute, reason)
    counter.units += 1
    if (known === undefined) counter.first += 1
    newUnits.set(key, (newUnits.get(key) ?? 0) + 1)
    changed.add(key)
    return unit
  }

  return {
    changed,
    newUnits,

    addExposure(exposure: BatchExposure): void {
      const { minute, reason, count, units } = exposure
      const attempt = attemptOf(exposure)
      const cell = countersOf(attempt, exposure)
      exposureCounter(cell, minute, reason).count += count
      for (const unit of units) expose(attempt, { cell, minute }, unit, reason)
    },

    /** Returns false for a metric over the limit. */
    addOutcome(outcome: BatchOutcome): boolean {
      const { metric, minute, units, buckets, ofKnown } = outcome
      const attempt = attemptOf(outcome)
      const cell = countersOf(attempt, outcome)
      const { metrics } = attempt
      if (!metrics.has(metric) && metrics.size >= Math.min(maxMetrics, MAX_METRICS)) return false
      metrics.add(metric)
      const reported = { cell, minute, metric, arrival: startOfMinute(at) }
      for (const [i, name] of units.entries()) {
        // The exposure itself is still on its way; its count will come with it.
        const unit = ofKnown
          ? attempt.units.get(name)
          : expose(attempt, { cell, minute }, name, ARM_REASONS[outcome.arm])
        if (unit && countOutcome(unit, { ...reported, bucket: buckets && (buckets[i] ?? 0) }))
          changed.add(attempt.key)
      }
      return true
    },
  }
}

interface ReportedOutcome extends FirstExposure {
  readonly metric: string
  /** Minute of the receipt. */
  readonly arrival: number
  /** Bucket of a measurement. */
  readonly bucket: number | undefined
}

/**
 * Counts an outcome of a unit. Returns false if the attempt has counted its metric, or the
 * allocation has not exposed it.
 */
function countOutcome(unit: UnitState, outcome: ReportedOutcome): boolean {
  const { metric, minute, arrival, bucket } = outcome
  const { revision } = outcome.cell.cell
  const exposure = metric === ALIVE ? unit.first : unit.exposures.get(revision)
  if (exposure === undefined || unit.metrics.has(metric)) return false
  unit.metrics.add(metric)
  const arrived = outcomeCounter(exposure.cell, arrival, metric)
  arrived.units += 1
  if (bucket !== undefined) addToHistogram(arrived, bucket, 1)
  if (Math.abs(minute - exposure.minute) <= MATURITY_MS)
    outcomeCounter(exposure.cell, exposure.minute, metric).matured += 1
  return true
}

function countersOf({ cells }: AttemptEvents, cell: Cell): CellCounters {
  return getOrSet(cells, cellName(cell), () => newCellCounters(cell))
}
