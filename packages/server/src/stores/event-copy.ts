import type { CellCounters } from './event-counters.ts'
import type { Cell } from './event-store.ts'

/** A unit of an attempt. */
export interface UnitCopy {
  /** 16 hexadecimal digits. */
  readonly unit: string
  /** The metrics that the attempt has counted of it. */
  readonly metrics: readonly string[]
  /** Its exposures, one for each allocation: the first in the attempt comes first. */
  readonly exposures: readonly { readonly cell: Cell; readonly minute: number }[]
}

/** Counters and units of one attempt. Several pieces may be of the same one. */
export interface AttemptCopy {
  readonly attempt: Pick<Cell, 'flag' | 'scope' | 'attempt'>
  /** Time of its latest event, epoch ms. */
  readonly at: number
  /** All of its metrics, in the same order in each of its pieces. */
  readonly metrics: readonly string[]
  readonly cells: readonly CellCounters[]
  readonly units: readonly UnitCopy[]
}

/** A part of the events of a project, in a form that all stores share. */
export interface EventPiece {
  /** Ids of batches, with their time of receipt. */
  readonly batches: readonly (readonly [id: string, at: number])[]
  readonly attempts: readonly AttemptCopy[]
}

/** Returns lists of at most `size` items each. */
export function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size)
}
