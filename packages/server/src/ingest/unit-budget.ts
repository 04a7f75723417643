import { type ShareOf, WHOLE } from '../stores/server-share.ts'
import { DAY_MS } from '../time.ts'
import type { Reporter } from './report-quota.ts'

/** The new units that keys have added to the store within a day. */
export interface UnitBudget {
  /** Returns true while a key may add units, from all addresses and from this one. */
  hasRoom(reporter: Reporter): boolean
  /** Records units that were stored for the first time. */
  spend(reporter: Reporter, units: number): void
}

export interface UnitBudgetOptions {
  /** New units per day and client key, from all addresses. */
  readonly unitsPerDay: number
  /** Returns the part of a limit that this server may use. @default all of it */
  readonly shareOf?: ShareOf | undefined
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}

/** Part of a key's budget that one address may use: a stranger cannot use it up alone. */
const ADDRESS_SHARE = 0.1
/** Addresses that are remembered per day; further ones share the budget of their key. */
const MAX_ADDRESSES = 100_000

/**
 * Limits what client keys, which are public, can add to the store.
 *
 * Each of several servers on the same stores counts what it stored itself, up to its share of the
 * budget. A restart empties the counts.
 */
export function createUnitBudget({
  unitsPerDay,
  shareOf = WHOLE,
  elapsed,
}: UnitBudgetOptions): UnitBudget {
  let spent = new Map<string, number>()
  let endsAt = elapsed() + DAY_MS

  const spentOf = (name: string) => spent.get(name) ?? 0
  const add = (name: string, units: number) => spent.set(name, spentOf(name) + units)
  const startAnew = () => {
    if (elapsed() < endsAt) return
    spent = new Map()
    endsAt = elapsed() + DAY_MS
  }
  return {
    hasRoom({ keyId, address }) {
      startAnew()
      if (address === undefined) return true
      const ofAddress = spentOf(`${keyId} ${address}`)
      const budget = shareOf(unitsPerDay)
      return spentOf(keyId) < budget && ofAddress < budget * ADDRESS_SHARE
    },
    spend({ keyId, address }, units) {
      if (address === undefined || units === 0) return
      add(keyId, units)
      const name = `${keyId} ${address}`
      if (spent.has(name) || spent.size < MAX_ADDRESSES) add(name, units)
    },
  }
}
