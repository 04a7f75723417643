import type { Clocks } from '../../time.ts'
import type { Fence, LeaseName, Leases } from '../leases.ts'
import { createLocalLeases, type LeaseRecord, requireFence } from '../local-leases.ts'

/** Leases, shared by all users of one memory. */
export interface LeaseMemory {
  readonly leases: Leases
  /** Throws for the fence of an earlier grant. */
  readonly check: (fence: Fence | undefined) => void
}

export function createLeaseMemory(
  clocks: Clocks = { now: Date.now, elapsed: () => performance.now() },
): LeaseMemory {
  const records = new Map<LeaseName, LeaseRecord>()
  const keep = (lease: LeaseName, record: LeaseRecord) => void records.set(lease, record)
  const find = (lease: LeaseName) => records.get(lease)
  return {
    leases: createLocalLeases({ find, keep }, clocks),
    check: (fence) => requireFence(fence, (lease) => records.get(lease)?.number),
  }
}
