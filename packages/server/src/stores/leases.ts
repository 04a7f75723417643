import { isFlaghoistError } from '@flaghoist/core'

/** The work that one process at a time does for all. */
export type LeaseName = 'rollouts' | 'notices'

/** One grant of a lease. Stores refuse a write that carries the fence of an earlier grant. */
export interface Fence {
  readonly lease: LeaseName
  /** Greater than the numbers of all earlier grants of the lease, also those before a restart. */
  readonly number: number
}

/** A period without a holder, epoch ms by the clock of the store. */
export interface LeaseGap {
  readonly from: number
  readonly to: number
}

/**
 * Leases: each has at most one holder, for a time that the holder extends. A holder that was paused
 * may not notice that its lease has passed to another. Its writes therefore carry their fence, and
 * the stores check it within the write.
 *
 * - **Time**: the store measures the time to live, where it has a clock. No jump of a wall clock
 *   ends a lease. A holder counts from before its request, by its own monotonic clock.
 * - **Fencing**: once `acquire` resolves, every write with an earlier number of the lease fails
 *   with `LEASE_LOST`, and stores nothing. A store whose logs lie on several nodes copies the
 *   number to each of them first. A write without a fence is never refused.
 * - **Atomicity**: of several processes that acquire a free lease, one gets it.
 *
 * Every implementation passes `describeLeases` of `leases.contract.ts`.
 */
export interface Leases {
  /**
   * Acquires a lease that is free, expired or held by the same holder, with a new number.
   * @param holder identity of the process: random, new with each start
   * @returns undefined while another process holds it
   */
  acquire(lease: LeaseName, holder: string, ttlMs: number): Promise<Fence | undefined>
  /** Extends a lease. Returns false if it has expired, or belongs to another grant. */
  renew(fence: Fence, ttlMs: number): Promise<boolean>
  /** Frees a lease for the next holder. Does nothing for an earlier grant. */
  release(fence: Fence): Promise<void>
  /**
   * Lists the latest periods without a holder, oldest first, at most {@link MAX_GAPS}. A period
   * begins with the last renewal or release that the store has kept, and ends with the next grant.
   */
  gaps(lease: LeaseName): Promise<readonly LeaseGap[]>
}

export const MAX_GAPS = 100

/** Returns true for the error of a write whose lease was granted anew. Nothing was stored. */
export function isLeaseLost(error: unknown): boolean {
  return isFlaghoistError(error) && error.code === 'LEASE_LOST'
}
