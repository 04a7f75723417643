import { getOrSet } from '../../get-or-set.ts'
import type { AttemptCopy, EventPiece } from '../event-copy.ts'
import { type CellCounters, newCellCounters } from '../event-counters.ts'
import type { Cell } from '../event-store.ts'
import {
  type AttemptEvents,
  attemptName,
  cellName,
  type FirstExposure,
  type ProjectEvents,
} from './event-memory.ts'

/** Returns a copy of the events of a project. */
export function copyOf({ batches, attempts }: ProjectEvents): EventPiece {
  return { batches: [...batches], attempts: [...attempts.values()].map(copyOfAttempt) }
}

function copyOfAttempt({ key, at, metrics, cells, units }: AttemptEvents): AttemptCopy {
  return {
    attempt: key,
    at,
    metrics: [...metrics],
    cells: [...cells.values()].map((one) => structuredClone(one)),
    units: [...units].map(([unit, { first, exposures, metrics: counted }]) => ({
      unit,
      metrics: [...counted],
      exposures: [...new Set([first, ...exposures.values()])].map(({ cell, minute }) => {
        return { cell: cell.cell, minute }
      }),
    })),
  }
}

/** Adds a copy to the events of a project. */
export function addCopy(
  project: string,
  { batches, attempts }: ProjectEvents,
  piece: EventPiece,
): void {
  for (const [id, at] of piece.batches) batches.set(id, at)
  for (const copy of piece.attempts) {
    const key = { ...copy.attempt, project }
    const events = getOrSet(attempts, attemptName(key), (): AttemptEvents => {
      return { key, at: copy.at, metrics: new Set(), cells: new Map(), units: new Map() }
    })
    addToAttempt(events, copy)
  }
}

function addToAttempt(events: AttemptEvents, { metrics, cells, units }: AttemptCopy): void {
  for (const metric of metrics) events.metrics.add(metric)
  for (const counters of cells) events.cells.set(cellName(counters.cell), structuredClone(counters))
  const cellOf = (cell: Cell): CellCounters =>
    getOrSet(events.cells, cellName(cell), () => newCellCounters(cell))
  for (const { unit, metrics: counted, exposures } of units) {
    const all = exposures.map(({ cell, minute }): FirstExposure => ({ cell: cellOf(cell), minute }))
    events.units.set(unit, {
      first: all[0]!,
      exposures: new Map(all.map((one) => [one.cell.cell.revision, one])),
      metrics: new Set(counted),
    })
  }
}
