import { problem } from '../../errors.ts'
import { getOrSet } from '../../get-or-set.ts'
import { DAY_MS } from '../../time.ts'
import type { EventPruneLimits, EventStore } from '../event-store.ts'
import type { EventMemory, ProjectEvents } from './event-memory.ts'
import type { LogMemory } from './memory-change-log.ts'
import { seriesOf } from './memory-event-series.ts'
import { sumExposures, sumOutcomes } from './memory-event-sums.ts'
import { createWriter } from './memory-event-writer.ts'

export function createMemoryEventStore(
  { projects, changes }: EventMemory,
  { logs }: Pick<LogMemory, 'logs'>,
): EventStore {
  return {
    async add(project, batch) {
      if (!logs.has(project)) throw problem('PROJECT_NOT_FOUND', { project })
      const events = getOrSet(projects, project, () => ({
        batches: new Map(),
        attempts: new Map(),
      }))
      if (events.batches.has(batch.id)) return { isNew: false, newUnits: new Map(), dropped: 0 }
      events.batches.set(batch.id, batch.at)
      const writer = createWriter(project, events, batch)
      for (const exposure of batch.exposures) writer.addExposure(exposure)
      const dropped = batch.outcomes.filter((outcome) => !writer.addOutcome(outcome))
      changes.record(writer.changed)
      return {
        isNew: true,
        newUnits: writer.newUnits,
        dropped: dropped.reduce((sum, { units }) => sum + units.length, 0),
      }
    },
    exposures: async (project, query) => sumExposures(projects.get(project), query),
    outcomes: async (project, query) => sumOutcomes(projects.get(project), query),
    series: async (project, query) => seriesOf(projects.get(project), query),
    changedSince: async (cursor) => changes.since(cursor),
    async prune(limits) {
      for (const events of projects.values()) prune(events, limits)
    },
  }
}

function prune({ batches, attempts }: ProjectEvents, limits: EventPruneLimits): void {
  for (const [id, at] of batches) if (at < limits.batches) batches.delete(id)
  for (const [name, attempt] of attempts) {
    if (attempt.at < limits.units) attempt.units.clear()
    for (const { exposures, outcomes } of attempt.cells.values()) {
      pruneMinutes(exposures, limits.sums)
      pruneMinutes(outcomes, limits.sums)
    }
    // A day later than its sums, which may be of minutes after its latest event.
    if (attempt.at < limits.sums - DAY_MS) attempts.delete(name)
  }
}

function pruneMinutes(counters: Map<string, { readonly minute: number }>, before: number): void {
  for (const [name, { minute }] of counters) if (minute < before) counters.delete(name)
}
