import { problem } from '../errors.ts'
import type { Clocks } from '../time.ts'
import { type Fence, type LeaseGap, type LeaseName, type Leases, MAX_GAPS } from './leases.ts'

/** The part of a lease that outlasts its holder. */
export interface LeaseRecord {
  /** Number of the latest grant. */
  readonly number: number
  /** Last time at which the lease was certainly held, epoch ms. */
  readonly heldUntil: number
  readonly gaps: readonly LeaseGap[]
}

/** The place in which records are kept. */
export interface LeaseRecords {
  find(lease: LeaseName): LeaseRecord | undefined
  /** Keeps a record. @param isGrant false if the loss of the record only makes a gap longer */
  keep(lease: LeaseName, record: LeaseRecord, isGrant: boolean): void
}

interface Holding {
  readonly holder: string
  readonly number: number
  /** On the monotonic clock. */
  readonly expiresAt: number
  /** Epoch ms. */
  readonly renewedAt: number
}

/** A renewal is kept this often: a store on a disk waits for the disk then. */
const KEPT_EVERY_MS = 30_000

/**
 * Leases whose holders are all in this process. They end with it, so that only the records must be
 * kept, and only the monotonic clock of the process decides when a lease expires.
 */
export function createLocalLeases(records: LeaseRecords, { now, elapsed }: Clocks): Leases {
  const holdings = new Map<LeaseName, Holding>()
  const holdingOf = (lease: LeaseName): Holding | undefined => {
    const holding = holdings.get(lease)
    return holding !== undefined && elapsed() < holding.expiresAt ? holding : undefined
  }
  const hold = (lease: LeaseName, who: Pick<Holding, 'holder' | 'number'>, ttlMs: number) =>
    holdings.set(lease, { ...who, expiresAt: elapsed() + ttlMs, renewedAt: now() })
  const note = (lease: LeaseName, record: LeaseRecord) =>
    records.keep(lease, { ...record, heldUntil: now() }, false)

  return {
    async acquire(lease, holder, ttlMs) {
      const present = holdingOf(lease)
      if (present !== undefined && present.holder !== holder) return undefined
      const known = records.find(lease)
      const heldUntil = present ? now() : (holdings.get(lease)?.renewedAt ?? known?.heldUntil)
      const gaps = withGap(known?.gaps ?? [], heldUntil, now())
      const number = (known?.number ?? 0) + 1
      records.keep(lease, { number, heldUntil: now(), gaps }, true)
      hold(lease, { holder, number }, ttlMs)
      return { lease, number }
    },
    async renew({ lease, number }, ttlMs) {
      const present = holdingOf(lease)
      if (present?.number !== number) return false
      hold(lease, present, ttlMs)
      const known = records.find(lease)
      if (known !== undefined && now() - known.heldUntil >= KEPT_EVERY_MS) note(lease, known)
      return true
    },
    async release({ lease, number }) {
      if (holdingOf(lease)?.number !== number) return
      holdings.delete(lease)
      const known = records.find(lease)
      if (known !== undefined) note(lease, known)
    },
    gaps: async (lease) => records.find(lease)?.gaps ?? [],
  }
}

function withGap(
  gaps: readonly LeaseGap[],
  from: number | undefined,
  to: number,
): readonly LeaseGap[] {
  return from === undefined || from >= to ? gaps : [...gaps, { from, to }].slice(-MAX_GAPS)
}

/**
 * Checks the fence of a write.
 * @throws {FlaghoistError} `LEASE_LOST` if the lease was granted anew since
 */
export function requireFence(
  fence: Fence | undefined,
  newestOf: (lease: LeaseName) => number | undefined,
): void {
  if (fence === undefined) return
  const newest = newestOf(fence.lease) ?? 0
  if (fence.number < newest) throw problem('LEASE_LOST', { ...fence, newest })
}
