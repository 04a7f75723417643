/** The four questions that are measured, and who may get which answer. */
export type CaseName = 'on' | 'rollout' | 'clauses' | 'segment'

/** What a program knows of a user; each contender gets it in its own shape, made beforehand. */
export interface User {
  readonly id: string
  readonly plan: string
  readonly country: string
  readonly seats: number
}

export const CASES: Readonly<Record<CaseName, string>> = {
  on: '(a) on for all',
  rollout: '(b) 25 % by user',
  clauses: '(c) 3 clauses, then 50 %',
  segment: '(d) segment of 1,000 ids',
}

const USERS = 10_000
const PLANS = ['pro', 'team', 'enterprise']

/** Everybody passes the three clauses, so that the whole path is measured. */
export const users: readonly User[] = Array.from({ length: USERS }, (_, i) => ({
  id: `user-${i}`,
  plan: PLANS[i % PLANS.length]!,
  country: 'ch',
  seats: 50 + (i % 50),
}))

/** What the third case asks: one of a set, equality, at least a number. */
export const CLAUSES = { plan: PLANS, country: 'ch', seats: 50 }

/** Every tenth user. */
export const SEGMENT: readonly string[] = users.filter((_, i) => i % 10 === 0).map(({ id }) => id)

/** Key of the flag that is asked among `count` of the same kind. */
export const flagKey = (i: number): string => `flag-${i}`
export const askedFlag = (count: number): string => flagKey(Math.floor(count / 2))

/** Whether answers have the right share: exact where no chance is involved, else within four standard errors. */
export function isRightShare(name: CaseName, trues: number): boolean {
  const share = trues / USERS
  if (name === 'on') return share === 1
  if (name === 'segment') return share === 0.1
  const wanted = name === 'rollout' ? 0.25 : 0.5
  return Math.abs(share - wanted) <= 4 * Math.sqrt((wanted * (1 - wanted)) / USERS)
}
