import { problem } from '../../errors.ts'
import { getOrSet } from '../../get-or-set.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import {
  ARM_REASONS,
  type BatchExposure,
  type BatchOutcome,
  type Cell,
  type EventBatch,
  type EventPruneLimits,
  type EventStore,
  MATURITY_MS,
  MAX_METRICS,
} from '../event-store.ts'
import type {
  CellCounters,
  EventMemory,
  ExposureCounter,
  OutcomeCounter,
  ProjectEvents,
  RevisionEvents,
} from './event-memory.ts'
import type { LogMemory } from './memory-change-log.ts'
import { sumExposures, sumOutcomes } from './memory-event-sums.ts'

export function createMemoryEventStore(
  memory: EventMemory,
  { logs }: Pick<LogMemory, 'logs'>,
): EventStore {
  return {
    async add(project, batch) {
      if (!logs.has(project)) throw problem('PROJECT_NOT_FOUND', { project })
      const events = getOrSet(memory, project, () => ({ batches: new Map(), revisions: new Map() }))
      if (events.batches.has(batch.id)) return { isNew: false, newUnits: 0, dropped: 0 }
      events.batches.set(batch.id, batch.at)
      const before = countUnits(events)
      for (const exposure of batch.exposures) addExposure(events, exposure, batch)
      const dropped = batch.outcomes.filter((outcome) => !addOutcome(events, outcome, batch))
      return {
        isNew: true,
        newUnits: countUnits(events) - before,
        dropped: dropped.reduce((sum, { units }) => sum + units.length, 0),
      }
    },
    exposures: async (project, query) => sumExposures(memory.get(project), query),
    outcomes: async (project, query) => sumOutcomes(memory.get(project), query),
    async prune(limits) {
      for (const events of memory.values()) prune(events, limits)
    },
  }
}

function countUnits({ revisions }: ProjectEvents): number {
  return [...revisions.values()].reduce((sum, { units }) => sum + units.size, 0)
}

function addExposure(events: ProjectEvents, exposure: BatchExposure, { at }: EventBatch): void {
  const { minute, reason, count, units } = exposure
  const revision = revisionOf(events, exposure, at)
  const counters = countersOf(revision, exposure)
  const counter = exposureCounter(counters, minute, reason)
  counter.count += count
  for (const unit of units) if (expose(revision, counters, unit, minute)) counter.units += 1
}

/** Returns false for a metric over the limit. */
function addOutcome(
  events: ProjectEvents,
  outcome: BatchOutcome,
  { at, maxMetrics }: EventBatch,
): boolean {
  const { metric, minute, arm, units, buckets } = outcome
  const revision = revisionOf(events, outcome, at)
  const counters = countersOf(revision, outcome)
  const { metrics } = revision
  if (!metrics.has(metric) && metrics.size >= Math.min(maxMetrics, MAX_METRICS)) return false
  metrics.add(metric)

  const arrival = at - (at % MINUTE_MS)
  for (const [i, name] of units.entries()) {
    if (expose(revision, counters, name, minute))
      exposureCounter(counters, minute, ARM_REASONS[arm]).units += 1
    const unit = revision.units.get(name)!
    if (unit.metrics.has(metric)) continue
    unit.metrics.add(metric)
    const arrived = outcomeCounter(unit.cell, arrival, metric)
    arrived.units += 1
    if (buckets !== undefined) addTo(arrived.histogram, buckets[i] ?? 0)
    if (Math.abs(minute - unit.minute) <= MATURITY_MS)
      outcomeCounter(unit.cell, unit.minute, metric).matured += 1
  }
  return true
}

/** Returns true for the first exposure of a unit under a revision. */
function expose(
  { units }: RevisionEvents,
  cell: CellCounters,
  unit: string,
  minute: number,
): boolean {
  if (units.has(unit)) return false
  units.set(unit, { cell, minute, metrics: new Set() })
  return true
}

function revisionOf({ revisions }: ProjectEvents, cell: Cell, at: number): RevisionEvents {
  const { flag, scope, revision } = cell
  const events = getOrSet(revisions, `${flag} ${scope} ${revision}`, (): RevisionEvents => {
    return { at, metrics: new Set(), cells: new Map(), units: new Map() }
  })
  events.at = Math.max(events.at, at)
  return events
}

function countersOf({ cells }: RevisionEvents, cell: Cell): CellCounters {
  const { flag, scope, revision, variant, arm } = cell
  return getOrSet(cells, `${variant} ${arm}`, () => ({
    cell: { flag, scope, revision, variant, arm },
    exposures: new Map(),
    outcomes: new Map(),
  }))
}

function exposureCounter(
  { exposures }: CellCounters,
  minute: number,
  reason: BatchExposure['reason'],
): ExposureCounter {
  return getOrSet(exposures, `${minute} ${reason}`, () => ({ minute, reason, count: 0, units: 0 }))
}

function outcomeCounter(
  { outcomes }: CellCounters,
  minute: number,
  metric: string,
): OutcomeCounter {
  return getOrSet(outcomes, `${minute} ${metric}`, () => {
    return { minute, metric, units: 0, matured: 0, histogram: new Map() }
  })
}

function addTo(histogram: Map<number, number>, bucket: number): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1)
}

function prune({ batches, revisions }: ProjectEvents, limits: EventPruneLimits): void {
  for (const [id, at] of batches) if (at < limits.batches) batches.delete(id)
  for (const [name, revision] of revisions) {
    if (revision.at < limits.units) revision.units.clear()
    for (const { exposures, outcomes } of revision.cells.values()) {
      pruneMinutes(exposures, limits.sums)
      pruneMinutes(outcomes, limits.sums)
    }
    // A day later than its sums, which may be of minutes after its latest event.
    if (revision.at < limits.sums - DAY_MS) revisions.delete(name)
  }
}

function pruneMinutes(counters: Map<string, { readonly minute: number }>, before: number): void {
  for (const [name, { minute }] of counters) if (minute < before) counters.delete(name)
}
