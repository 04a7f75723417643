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

/** Returns the attempt that chance places units by now, with its allocations. */
export function currentAttempt(
  state: ProjectState,
  { project: _, ...units }: CountedUnits,
): (Pick<AttemptCounts, 'allocations'> & { readonly attempt: number }) | undefined {
  const attempt = allocationOf(state, { ...units, revision: state.version })?.attempt
  if (attempt === undefined) return undefined
  return { attempt, allocations: allocationsOfAttempt(state, { ...units, attempt }) }
}

/** Reads the counts of the units that chance places now. */
export async function readCounts(
  events: EventStore,
  state: ProjectState,
  units: CountedUnits,
): Promise<AttemptCounts> {
  const found = currentAttempt(state, units)
  if (found === undefined) return { rows: [], allocations: [] }
  const { project, flag, scope } = units
  const query = { flag, scope, attempt: found.attempt, from: 0, to: Number.MAX_SAFE_INTEGER }
  return { rows: await events.series(project, query), allocations: found.allocations }
}
