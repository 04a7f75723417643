import type { Reason } from '@flaghoist/core'
import type { Cell } from '../event-store.ts'

/** Events by project, shared by all users of one memory. */
export type EventMemory = Map<string, ProjectEvents>

export interface ProjectEvents {
  /** Ids of batches, with their time of receipt. */
  readonly batches: Map<string, number>
  readonly revisions: Map<string, RevisionEvents>
}

/** Events of one revision of a flag in a scope. */
export interface RevisionEvents {
  /** Time of the latest event, epoch ms. */
  at: number
  readonly metrics: Set<string>
  readonly cells: Map<string, CellCounters>
  readonly units: Map<string, UnitState>
}

/** The first exposure of a unit under a revision, and the metrics that it had an outcome of. */
export interface UnitState {
  readonly cell: CellCounters
  readonly minute: number
  readonly metrics: Set<string>
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
}

export interface OutcomeCounter {
  readonly minute: number
  readonly metric: string
  units: number
  matured: number
  /** Units by bucket of the histogram. */
  readonly histogram: Map<number, number>
}
