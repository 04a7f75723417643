import { randomUUID } from 'node:crypto'
import type { Clocks } from '../time.ts'
import type { Fence, LeaseName, Leases } from './leases.ts'

/** The time from a grant of a lease until its holder loses it. */
export interface Term {
  readonly fence: Fence
  /** Time of the grant on the monotonic clock, ms. */
  readonly since: number
  /** Time of the grant, epoch ms. */
  readonly at: number
}

/** A lease that this process holds, or waits for. */
export interface HeldLease {
  /** Returns the present term; undefined as soon as the lease may have expired. */
  term(): Term | undefined
  /**
   * Acquires or renews the lease when that is due. To be called each second. Never rejects.
   * @returns the present term
   */
  keep(): Promise<Term | undefined>
  /** Ends the term, because a store has refused a write under it. */
  lose(): void
  /** Ends the term, so that another process can take over at once. Never rejects. */
  release(): Promise<void>
}

export interface HeldLeaseOptions extends Clocks {
  readonly leases: Leases
  readonly onError: (error: unknown) => void
}

/** Time after which another process takes over from one that was killed. */
const TTL_MS = 10_000
const RENEW_AFTER_MS = 3_000
/** The last part of the time to live is not used: a write that has begun takes time. */
const UNUSED_MS = 2_000
const REPORT_EVERY_MS = 10_000

export function createHeldLease(name: LeaseName, options: HeldLeaseOptions): HeldLease {
  const { leases, now, elapsed, onError } = options
  const holder = randomUUID()
  let granted: Term | undefined
  let renewedAt = Number.NEGATIVE_INFINITY
  let reportedAt = Number.NEGATIVE_INFINITY

  const term = () => (elapsed() - renewedAt < TTL_MS - UNUSED_MS ? granted : undefined)
  const report = (error: unknown) => {
    if (elapsed() - reportedAt < REPORT_EVERY_MS) return
    reportedAt = elapsed()
    onError(error)
  }
  const acquire = async (): Promise<Term | undefined> => {
    const fence = await leases.acquire(name, holder, TTL_MS)
    return fence && { fence, since: elapsed(), at: now() }
  }

  return {
    term,
    async keep() {
      if (granted !== undefined && elapsed() - renewedAt < RENEW_AFTER_MS) return granted
      // Counted from before the request: the store counts from later on.
      const asked = elapsed()
      try {
        const isRenewed = granted !== undefined && (await leases.renew(granted.fence, TTL_MS))
        if (!isRenewed) granted = await acquire()
        if (granted !== undefined) renewedAt = asked
      } catch (error) {
        report(error)
      }
      return term()
    },
    lose() {
      granted = undefined
    },
    async release() {
      const fence = granted?.fence
      granted = undefined
      if (fence !== undefined) await leases.release(fence).catch(report)
    },
  }
}
