import type { Arm } from '@flaghoist/core'
import {
  type Allocation,
  allocationOf,
  allocationsOfAttempt,
  type ProjectState,
} from '@flaghoist/core/model'
import type { EventStore, SeriesMinute } from '../stores/event-store.ts'

/** The counts of the present attempt of a flag in a scope. */
export interface AttemptCounts {
  /** Minute by minute, the oldest first. */
  readonly rows: readonly SeriesMinute[]
  /** The allocations of the attempt, the oldest first; empty if chance decides nothing. */
  readonly allocations: readonly Allocation[]
}

/** Units by their arm; empty for those of a split. */
export interface CountedUnits {
  readonly project: string
  readonly flag: string
  readonly scope: string
  readonly arm: '' | Arm
}

/** Reads the counts of the units that chance places now. */
export async function readCounts(
  events: EventStore,
  state: ProjectState,
  { project, ...units }: CountedUnits,
): Promise<AttemptCounts> {
  const { flag, scope } = units
  const attempt = allocationOf(state, { ...units, revision: state.version })?.attempt
  if (attempt === undefined) return { rows: [], allocations: [] }
  const query = { flag, scope, attempt, from: 0, to: Number.MAX_SAFE_INTEGER }
  return {
    rows: await events.series(project, query),
    allocations: allocationsOfAttempt(state, { ...units, attempt }),
  }
}
