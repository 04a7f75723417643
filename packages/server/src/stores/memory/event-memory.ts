import type { Reason } from '@flaghoist/core'
import { type ChangeFeed, createChangeFeed } from '../change-feed.ts'
import type { AttemptKey, Cell } from '../event-store.ts'

/** Events, shared by all users of one memory. */
export interface EventMemory {
  readonly projects: Map<string, ProjectEvents>
  readonly changes: ChangeFeed
}

export function createEventMemory(): EventMemory {
  return { projects: new Map(), changes: createChangeFeed() }
}

export interface ProjectEvents {
  /** Ids of batches, with their time of receipt. */
  readonly batches: Map<string, number>
  readonly attempts: Map<string, AttemptEvents>
}

/** Events of one attempt of a flag in a scope. */
export interface AttemptEvents {
  readonly key: AttemptKey
  /** Time of the latest event, epoch ms. */
  at: number
  readonly metrics: Set<string>
  readonly cells: Map<string, CellCounters>
  readonly units: Map<string, UnitState>
}

/** The exposures of a unit in an attempt, and the metrics that it had an outcome of. */
export interface UnitState {
  readonly first: FirstExposure
  /** By the revision of the allocation. */
  readonly exposures: Map<number, FirstExposure>
  readonly metrics: Set<string>
}

/** The first exposure of a unit under an allocation. */
export interface FirstExposure {
  readonly cell: CellCounters
  readonly minute: number
}

export interface CellCounters {
  readonly cell: Cell
  readonly exposures: Map<string, ExposureCounter>
  readonly outcomes: Map<string, OutcomeCounter>
}

export interface ExposureCounter {
  readonly minute: number
  readonly reason: Reason
  count: number
  units: number
  /** Those of `units` that no allocation of the attempt had exposed before. */
  first: number
}

export interface OutcomeCounter {
  readonly minute: number
  readonly metric: string
  units: number
  matured: number
  /** Units by bucket of the histogram. */
  readonly histogram: Map<number, number>
}
