/** The four measured cases. */
export type CaseName = 'on' | 'rollout' | 'clauses' | 'segment'

/** The attributes of a user. Each contender receives them in its own shape, built beforehand. */
export interface User {
  readonly id: string
  readonly plan: string
  readonly country: string
  readonly seats: number
}

/** One flag of a configuration: its kind and a unique number. */
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

/** Share of the users that get `on`, per kind of flag. */
export const SHARE = { on: 1, rollout: 0.25, clauses: 0.5, segment: 0.1 } as const

const PLANS = ['pro', 'team', 'enterprise']

/** The clauses of the third case: set membership, equality and a lower bound. */
export const CLAUSES = { plan: PLANS, country: 'ch', seats: 50 }

/** Every user passes the three clauses, so that the whole path is measured. */
export const users: readonly User[] = Array.from({ length: 10_000 }, (_, i) => ({
  id: `user-${i}`,
  plan: PLANS[i % PLANS.length]!,
  country: CLAUSES.country,
  seats: CLAUSES.seats + (i % 50),
}))

/** Each outsider fails one clause and is in no segment. No contender may return true. */
export const outsiders: readonly User[] = Array.from({ length: 300 }, (_, i) => ({
  id: `outsider-${i}`,
  plan: i % 3 === 0 ? 'free' : PLANS[0]!,
  country: i % 3 === 1 ? 'at' : CLAUSES.country,
  seats: i % 3 === 2 ? CLAUSES.seats - 1 : CLAUSES.seats,
}))

/** Every tenth user. */
export const SEGMENT: readonly string[] = users.filter((_, i) => i % 10 === 0).map(({ id }) => id)

/** Returns `count` flags of alternating kinds. The evaluated flag is of the kind `asked`. */
export function planFlags(asked: CaseName, count: number): readonly FlagPlan[] {
  const askedIndex = Math.floor(count / 2)
  const shift = CASE_NAMES.indexOf(asked) - askedIndex + count * CASE_NAMES.length
  return Array.from({ length: count }, (_, index) => ({
    key: flagKey(index),
    kind: CASE_NAMES[(index + shift) % CASE_NAMES.length]!,
    index,
  }))
}

/** Key of the evaluated flag among `count` flags. */
export const askedKey = (count: number): string => flagKey(Math.floor(count / 2))

const flagKey = (index: number): string => `flag-${index}`
