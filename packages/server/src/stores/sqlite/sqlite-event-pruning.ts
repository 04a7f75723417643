import { DAY_MS } from '../../time.ts'
import type { EventPruneLimits } from '../event-store.ts'
import type { Cells } from './sqlite-event-cells.ts'
import type { EventStatements } from './sqlite-event-statements.ts'

/** Rows deleted by one piece: some milliseconds. */
export const PRUNE_ROWS = 5_000

/** Deletes one piece of the rows older than their limit. Returns true if more may exist. */
export type PrunePiece = (limits: EventPruneLimits) => boolean

/** The pieces of pruning, in order. Each is called until it returns false. */
export function createEventPruning(sql: EventStatements, cells: Cells): readonly PrunePiece[] {
  return [
    ({ batches }) => isFull(sql.pruneBatches.run(batches, PRUNE_ROWS)),
    // No unit outlives its attempt, whose id SQLite may use again.
    ({ units, sums }) => isFull(sql.pruneUnits.run(Math.max(units, sums - DAY_MS), PRUNE_ROWS)),
    ({ sums }) => {
      const isMore = [sql.pruneExposures, sql.pruneOutcomes, sql.pruneMeasurements].map((prune) =>
        isFull(prune.run(sums, PRUNE_ROWS)),
      )
      return isMore.includes(true)
    },
    ({ sums }) => {
      // A day later than its sums, which may be of minutes after its latest event.
      if (sql.pruneAttempts.run(sums - DAY_MS).changes > 0) cells.forget()
      return false
    },
  ]
}

/** Returns true if a statement has deleted as many rows as a piece has. */
export function isFull({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) >= PRUNE_ROWS
}
