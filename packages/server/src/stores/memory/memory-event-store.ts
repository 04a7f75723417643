import { problem } from '../../errors.ts'
import { getOrSet } from '../../get-or-set.ts'
import { DAY_MS } from '../../time.ts'
import { countCells } from '../count-by-variant.ts'
import type { CellCounters } from '../event-counters.ts'
import { minutesOf } from '../event-minutes.ts'
import type { EventPruneLimits, EventStore } from '../event-store.ts'
import { isAttemptSelected, sumExposures, sumOutcomes } from '../event-sums.ts'
import { lastByScope } from '../last-by-scope.ts'
import { attemptName, type EventMemory, type ProjectEvents } from './event-memory.ts'
import type { LogMemory } from './memory-change-log.ts'
import { addCopy, copyOf } from './memory-event-copy.ts'
import { createWriter } from './memory-event-writer.ts'

export function createMemoryEventStore(
  { projects, changes }: EventMemory,
  { logs }: Pick<LogMemory, 'logs'>,
): EventStore {
  const eventsOf = (project: string) =>
    getOrSet(projects, project, () => ({ batches: new Map(), attempts: new Map() }))
  return {
    async add(project, batch) {
      if (!logs.has(project)) throw problem('PROJECT_NOT_FOUND', { project })
      const events = eventsOf(project)
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
    exposures: async (project, query) => sumExposures(cellsOf(projects.get(project)), query),
    variantCounts: async (project, query) => countCells(cellsOf(projects.get(project)), query),
    lastExposures: async (project, query) =>
      lastByScope(
        cellsOf(projects.get(project))
          .filter(({ cell }) => isAttemptSelected(cell, query))
          .flatMap(({ cell: { scope }, exposures }) =>
            [...exposures.values()].map(({ minute }) => ({ scope, minute })),
          ),
        query,
      ),
    outcomes: async (project, query) => sumOutcomes(cellsOf(projects.get(project)), query),
    async series(project, query) {
      const attempt = projects.get(project)?.attempts.get(attemptName(query))
      return minutesOf(attempt?.cells.values() ?? [], query)
    },
    async *export(project) {
      yield copyOf(eventsOf(project))
    },
    async import({ project, epoch }, piece) {
      if (logs.get(project)?.epoch !== epoch) throw problem('PROJECT_NOT_FOUND', { project })
      addCopy(project, eventsOf(project), piece)
    },
    changedSince: async (cursor) => changes.since(cursor),
    async prune(limits) {
      for (const events of projects.values()) prune(events, limits)
    },
  }
}

function cellsOf(events: ProjectEvents | undefined): readonly CellCounters[] {
  const attempts = [...(events?.attempts.values() ?? [])]
  return attempts.flatMap(({ cells }) => [...cells.values()])
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
