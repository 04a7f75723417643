import { randomBytes } from 'node:crypto'
import { murmur3 } from '@flaghoist/core/internal'
import { getOrSet } from '../get-or-set.ts'
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
  /** Name of the key; undefined without a key. */
  readonly key: string | undefined
  /** A part of the use of a key that has a limit of its own, such as a flag. @default all of it */
  readonly part?: string
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
  // Two maps, because looking two names up takes less time than joining them.
  const byKey = new Map<string, Map<string, Count>>()
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
  const ofAddress = ({ key = '', part = '', address }: Counted) => {
    if (address === undefined) return undefined
    byAddress ??= new Uint32Array(COUNTERS)
    return murmur3(`${key} ${part} ${address}`, seed) % COUNTERS
  }
  const ofKey = ({ key, part = '' }: Counted) =>
    key === undefined ? undefined : getOrSet(getOrSet(byKey, key, newParts), part, newCount)
  /** Adds an amount. Returns false beyond a limit, and adds nothing then. */
  const add = (counted: Counted, amount: number, limit: number): boolean => {
    const counter = ofAddress(counted)
    const count = ofKey(counted)
    const max = counter === undefined ? limit : limit * CLIENT_KEY_FACTOR
    if (counter !== undefined && byAddress![counter]! + amount > limit) return false
    if (count !== undefined && count.amount + amount > max) return false
    if (counter !== undefined) byAddress![counter]! += amount
    if (count !== undefined) count.amount += amount
    return true
  }
  return {
    admit(counted, amount = 1) {
      startAnew()
      return add(counted, amount, limitNow())
    },
    takeBack(counted, amount) {
      add(counted, -amount, Number.POSITIVE_INFINITY)
    },
    minute() {
      startAnew()
      return minute
    },
    msLeft: () => Math.max(0, endsAt - elapsed()),
  }
}

interface Count {
  amount: number
}

const newParts = () => new Map<string, Count>()
const newCount = (): Count => ({ amount: 0 })
