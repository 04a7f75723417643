/** The four questions that are measured. */
export type CaseName = 'on' | 'rollout' | 'clauses' | 'segment'

/** What a program knows of a user; each contender gets it in its own shape, made beforehand. */
export interface User {
  readonly id: string
  readonly plan: string
  readonly country: string
  readonly seats: number
}

/** One flag of a configuration: its kind, and a number that no other flag has. */
export interface FlagPlan {
  readonly key: string
  readonly kind: CaseName
  readonly index: number
}

export const CASES: Readonly<Record<CaseName, string>> = {
  on: '(a) on for all',
  rollout: '(b) 25 % by user',
  clauses: '(c) 3 clauses, then 50 %',
  segment: '(d) segment of 1,000 ids',
}
export const CASE_NAMES = Object.keys(CASES) as readonly CaseName[]

/** Share of the users that a flag of a kind is on for. */
export const SHARE = { on: 1, rollout: 0.25, clauses: 0.5, segment: 0.1 } as const

const PLANS = ['pro', 'team', 'enterprise']

/** What the third case asks: one of a set, equality, at least a number. */
export const CLAUSES = { plan: PLANS, country: 'ch', seats: 50 }

/** Everybody passes the three clauses, so that the whole path is measured. */
export const users: readonly User[] = Array.from({ length: 10_000 }, (_, i) => ({
  id: `user-${i}`,
  plan: PLANS[i % PLANS.length]!,
  country: CLAUSES.country,
  seats: CLAUSES.seats + (i % 50),
}))

/** Each fails one clause, and is in no segment: nobody may let them in. */
export const outsiders: readonly User[] = Array.from({ length: 300 }, (_, i) => ({
  id: `outsider-${i}`,
  plan: i % 3 === 0 ? 'free' : PLANS[0]!,
  country: i % 3 === 1 ? 'at' : CLAUSES.country,
  seats: i % 3 === 2 ? CLAUSES.seats - 1 : CLAUSES.seats,
}))

/** Every tenth user. */
export const SEGMENT: readonly string[] = users.filter((_, i) => i % 10 === 0).map(({ id }) => id)

/** `count` flags of all kinds in turn, such that the one that is asked is of the kind `asked`. */
export function planFlags(asked: CaseName, count: number): readonly FlagPlan[] {
  const askedIndex = Math.floor(count / 2)
  const shift = CASE_NAMES.indexOf(asked) - askedIndex + count * CASE_NAMES.length
  return Array.from({ length: count }, (_, index) => ({
    key: flagKey(index),
    kind: CASE_NAMES[(index + shift) % CASE_NAMES.length]!,
    index,
  }))
}

/** Key of the flag that is asked among `count`. */
export const askedKey = (count: number): string => flagKey(Math.floor(count / 2))

const flagKey = (index: number): string => `flag-${index}`
