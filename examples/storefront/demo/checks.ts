import type { Checkout } from './traffic.ts'

/** One promise of the demo, and whether it was kept. */
export interface Check {
  readonly what: string
  readonly measured: string
  readonly isKept: boolean
}

/** Distinct customers who were shown the new checkout, of all who checked out. */
export function shareOfNew(checkouts: readonly Checkout[]): { share: number; customers: number } {
  const all = new Set(checkouts.map(({ customer }) => customer))
  const treated = new Set(
    checkouts.filter(({ checkout }) => checkout === 'new').map(({ customer }) => customer),
  )
  return { share: treated.size / all.size, customers: all.size }
}

/** Whether the share of an instance is what was asked: within four standard errors. */
export function checkShare(instance: string, asked: number, checkouts: readonly Checkout[]): Check {
  const { share, customers } = shareOfNew(checkouts)
  const tolerance = 4 * Math.sqrt((asked * (1 - asked)) / customers)
  return {
    what: `${instance}: ${percent(asked)} asked`,
    measured: `${percent(share)} of ${customers} customers served`,
    isKept: customers > 500 && Math.abs(share - asked) <= tolerance,
  }
}

/** Whether every customer who is seen on both sides of a moment was served alike. */
export function checkUntouched(
  instance: string,
  before: readonly Checkout[],
  after: readonly Checkout[],
): Check {
  const served = new Map(before.map(({ customer, checkout }) => [customer, checkout]))
  const again = after.filter(({ customer }) => served.has(customer))
  const moved = again.filter(({ customer, checkout }) => served.get(customer) !== checkout)
  return {
    what: `${instance}: untouched by the kill`,
    measured: `${moved.length} of ${again.length} repeated checkouts differ`,
    isKept: again.length > 100 && moved.length === 0,
  }
}

/** How many checkouts took the new path although they were sent after the kill was acknowledged. */
export function checkKill(
  checkouts: readonly Checkout[],
  acknowledgedAt: number,
  graceMs: number,
): Check {
  const after = checkouts.filter(({ sentAt }) => sentAt > acknowledgedAt)
  const late = after.filter(({ checkout }) => checkout === 'new')
  const tooLate = late.filter(({ sentAt }) => sentAt > acknowledgedAt + graceMs)
  const last = Math.max(0, ...late.map(({ sentAt }) => sentAt - acknowledgedAt))
  const lateness = late.length === 0 ? '' : `, the last one sent ${last.toFixed(1)} ms after it`
  return {
    what: 'globex: killed',
    measured: `${late.length} of ${after.length} requests after the acknowledgement took the new path${lateness}`,
    isKept: after.length > 100 && tooLate.length === 0,
  }
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
