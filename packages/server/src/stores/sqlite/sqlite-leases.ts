import type { DatabaseSync } from 'node:sqlite'
import type { Fence, LeaseGap, LeaseName, Leases } from '../leases.ts'
import { createLocalLeases, type LeaseRecords, requireFence } from '../local-leases.ts'
import { guard } from './sqlite-errors.ts'
import { type Reserve, withReserve } from './sqlite-reserve.ts'

/**
 * Leases in SQLite. The lock on the data folder ends with its process, and so do the leases of that
 * process: the next one never waits for them.
 */
export function createSqliteLeases(database: DatabaseSync, reserve: Reserve): Leases {
  const find = database.prepare('SELECT number, held_until, gaps FROM leases WHERE name = ?')
  const keep = database.prepare(
    'INSERT OR REPLACE INTO leases (name, number, held_until, gaps) VALUES (?, ?, ?, ?)',
  )
  const records: LeaseRecords = {
    find(lease) {
      const row = guard(() => find.get(lease)) as LeaseRow | undefined
      return row && { number: row.number, heldUntil: row.held_until, gaps: gapsOf(row) }
    },
    keep(lease, { number, heldUntil, gaps }, isGrant) {
      const work = () => guard(() => keep.run(lease, number, heldUntil, JSON.stringify(gaps)))
      // A full disk must neither keep the next holder from rolling back nor end a lease.
      if (isGrant) withReserve(reserve, work)
      else ignoreErrors(work)
    },
  }
  return createLocalLeases(records, { now: Date.now, elapsed: () => performance.now() })
}

/** Creates the check of fences within the transactions of a database. */
export function createFenceCheck(database: DatabaseSync): (fence: Fence | undefined) => void {
  const find = database.prepare('SELECT number FROM leases WHERE name = ?')
  const newestOf = (lease: LeaseName) => (find.get(lease) as { number: number } | undefined)?.number
  return (fence) => requireFence(fence, newestOf)
}

interface LeaseRow {
  readonly number: number
  readonly held_until: number
  readonly gaps: string
}

function gapsOf({ gaps }: LeaseRow): readonly LeaseGap[] {
  return JSON.parse(gaps) as readonly LeaseGap[]
}

function ignoreErrors(work: () => unknown): void {
  try {
    work()
  } catch {
    // The next period without a holder seems to begin earlier, which delays steps by seconds.
  }
}
