import { type ChangeFeed, createChangeFeed } from '../change-feed.ts'
import type { CellCounters } from '../event-counters.ts'
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

/** Returns the key of an attempt among those of its project. */
export function attemptName({ flag, scope, attempt }: Omit<AttemptKey, 'project'>): string {
  return `${flag} ${scope} ${attempt}`
}

/** Returns the key of a cell among those of its attempt. */
export function cellName({ revision, variant, arm, split }: Cell): string {
  return `${revision} ${variant} ${arm} ${split}`
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
