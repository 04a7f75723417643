import { randomBytes } from 'node:crypto'
import { murmur3 } from '@flaghoist/core/internal'
import { MINUTE_MS } from '../time.ts'

/** Amount of all addresses together that a client key may use, as a multiple of one address's. */
const CLIENT_KEY_FACTOR = 20
/**
 * Counters of addresses. Two addresses may share one. A flood from any number of addresses fills no
 * memory, and exhausts only as many counters as it has requests for whole limits.
 */
const COUNTERS = 2 ** 17

/** The user of a limit. */
export interface Counted {
  /** Name of the key, with anything that the limit distinguishes; undefined without a key. */
  readonly key: string | undefined
  /** Address of the client; undefined for a secret key, which has no limit per address. */
  readonly address: string | undefined
}

export interface MinuteCounts {
  /**
   * Counts an amount of a key, an address, or a key from an address. Returns false beyond a limit,
   * and counts nothing then, so that a refused request uses up nothing of others.
   *
   * @param amount by default 1
   */
  admit(counted: Counted, amount?: number): boolean
  /** Subtracts an amount that was admitted in the same minute. */
  takeBack(counted: Counted, amount: number): void
  /** The number of the current minute, from 0. */
  minute(): number
  /** Time until the next minute starts, ms. */
  msLeft(): number
}

/**
 * Creates the counts of the current minute. They take a fixed amount of memory besides one per key.
 * @param limitNow returns the limit, which may change with the number of servers
 */
export function createMinuteCounts(limitNow: () => number, elapsed: () => number): MinuteCounts {
  // Secret keys need no counters of addresses.
  let byAddress: Uint32Array | undefined
  const byKey = new Map<string, number>()
  // Drawn per process, so that no client can choose addresses that share a counter.
  const seed = randomBytes(4).readInt32LE()
  let minute = 0
  let endsAt = elapsed() + MINUTE_MS

  const startAnew = () => {
    if (elapsed() < endsAt) return
    byAddress?.fill(0)
    byKey.clear()
    minute += 1
    endsAt = elapsed() + MINUTE_MS
  }
  const counterOf = ({ key, address }: Counted) =>
    murmur3(`${key ?? ''} ${address}`, seed) % COUNTERS
  const add = (counted: Counted, amount: number) => {
    const { key, address } = counted
    if (address !== undefined) byAddress![counterOf(counted)]! += amount
    if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + amount)
  }
  const hasRoom = (counted: Counted, amount: number) => {
    const { key, address } = counted
    const limit = limitNow()
    if (address !== undefined) {
      byAddress ??= new Uint32Array(COUNTERS)
      if (byAddress[counterOf(counted)]! + amount > limit) return false
    }
    const max = address === undefined ? limit : limit * CLIENT_KEY_FACTOR
    return key === undefined || (byKey.get(key) ?? 0) + amount <= max
  }
  return {
    admit(counted, amount = 1) {
      startAnew()
      const isAdmitted = hasRoom(counted, amount)
      if (isAdmitted) add(counted, amount)
      return isAdmitted
    },
    takeBack: (counted, amount) => add(counted, -amount),
    minute() {
      startAnew()
      return minute
    },
    msLeft: () => Math.max(0, endsAt - elapsed()),
  }
}
