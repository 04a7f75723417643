import type { Checkout } from './traffic.ts'

/** The result of checking one promise of the demo. */
export interface Check {
  readonly what: string
  readonly measured: string
  readonly isKept: boolean
}

/** Returns the share of distinct customers with the new checkout among all customers. */
export function shareOfNew(checkouts: readonly Checkout[]): { share: number; customers: number } {
  const all = new Set(checkouts.map(({ customer }) => customer))
  const treated = new Set(
    checkouts.filter(({ checkout }) => checkout === 'new').map(({ customer }) => customer),
  )
  return { share: treated.size / all.size, customers: all.size }
}

/** Checks that the share of an instance is within four standard errors of the rollout. */
export function checkShare(instance: string, asked: number, checkouts: readonly Checkout[]): Check {
  const { share, customers } = shareOfNew(checkouts)
  const tolerance = 4 * Math.sqrt((asked * (1 - asked)) / customers)
  return {
    what: `${instance}: ${percent(asked)} rolled out`,
    measured: `${percent(share)} of ${customers} customers served`,
    isKept: customers > 500 && Math.abs(share - asked) <= tolerance,
  }
}

/** Checks that every customer with a checkout before and after was served the same path. */
export function checkUntouched(
  instance: string,
  before: readonly Checkout[],
  after: readonly Checkout[],
): Check {
  const served = new Map(before.map(({ customer, checkout }) => [customer, checkout]))
  const again = after.filter(({ customer }) => served.has(customer))
  const moved = again.filter(({ customer, checkout }) => served.get(customer) !== checkout)
  return {
    what: `${instance}: unaffected by the kill`,
    measured: `${moved.length} of ${again.length} repeated checkouts differ`,
    isKept: again.length > 100 && moved.length === 0,
  }
}

/** Counts checkouts on the new path that were sent after the response to the kill. */
export function checkKill(
  checkouts: readonly Checkout[],
  acknowledgedAt: number,
  graceMs: number,
): Check {
  const after = checkouts.filter(({ sentAt }) => sentAt > acknowledgedAt)
  const late = after.filter(({ checkout }) => checkout === 'new')
  const tooLate = late.filter(({ sentAt }) => sentAt > acknowledgedAt + graceMs)
  const last = Math.max(0, ...late.map(({ sentAt }) => sentAt - acknowledgedAt))
  const lateness = late.length === 0 ? '' : `, the last ${last.toFixed(1)} ms after it`
  return {
    what: 'globex: killed',
    measured: `${late.length} of ${after.length} requests after the response took the new path${lateness}`,
    isKept: after.length > 100 && tooLate.length === 0,
  }
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
