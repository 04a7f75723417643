import type { Random } from '../random.ts'

export const FLAGS: readonly string[] = Array.from({ length: 8 }, (_, i) => `flag-${i}`)
export const SEGMENTS = ['staff', 'beta'] as const

const BUCKETS = 100_000
const PEOPLE = ['ada', 'bob', 'cy', 'dan', 'eve'] as const
const PLANS = ['free', 'pro', 'enterprise'] as const
/** A revert is of one of the latest changes: most older ones have been changed again. */
const REVERTED = 6

/** The errors by which the API refuses some random changes, whenever it works. */
export const REFUSALS = ['CHANGE_NOT_FOUND', 'REVERT_CONFLICT', 'ROLLOUT_WITHOUT_EFFECT'] as const

/** A request of the admin API that changes something. */
interface ChangeRequest {
  readonly method: 'POST' | 'PATCH'
  /** Returns its path in the project. @param changes numbers of acknowledged changes; not empty */
  path(changes: readonly number[]): string
  readonly body?: object
}

export interface RandomChange extends ChangeRequest {
  /** Reason that the log records, of this change alone. */
  readonly reason: string
}

/**
 * Makes random changes of {@link FLAGS} and {@link SEGMENTS}: switches, shares, rollouts, rules,
 * lists of segments, kills, restores and reverts. Equal random numbers make equal changes.
 */
export function randomChanges(random: Random, count: number): readonly RandomChange[] {
  const below = (limit: number) => Math.floor(random.uniform() * limit)
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!
  const serve = () => {
    const on = below(BUCKETS + 1)
    const weights = { on, off: BUCKETS - on }
    return pick([{ variant: pick(['on', 'off']) }, { weights }, { weights, by: 'accountId' }])
  }
  const clause = () =>
    pick([
      { attribute: 'plan', op: 'in', values: [pick(PLANS)] },
      { attribute: 'email', op: 'endsWith', values: ['@acme.example'] },
      { attribute: 'targetingKey', op: 'in', values: [pick(PEOPLE)] },
      { attribute: 'targetingKey', op: 'segment', values: [pick(SEGMENTS)] },
    ])
  const rules = () =>
    Array.from({ length: below(4) }, (_, i) => {
      return { id: `rule-${i}`, when: [[clause()], [clause(), clause()]], serve: serve() }
    })
  const post = (place: string, body?: object): ChangeRequest => {
    return { method: 'POST', path: () => place, ...(body && { body }) }
  }
  /** A note of its own lets each change of a layer change something. */
  const layer = (reason: string, settings: object): ChangeRequest => {
    const place = `flags/${pick(FLAGS)}/layers/production`
    return { method: 'PATCH', path: () => place, body: { ...settings, note: { reason } } }
  }
  const revert = (): ChangeRequest => {
    const back = 1 + below(REVERTED)
    const path = (changes: readonly number[]) =>
      `changes/${changes.at(-back) ?? changes[0]!}/revert`
    return { method: 'POST', path }
  }
  const kinds: readonly ((reason: string) => ChangeRequest)[] = [
    (reason) => layer(reason, { on: below(2) === 0 }),
    (reason) => layer(reason, { fallthrough: serve() }),
    (reason) => layer(reason, { rollout: { share: below(BUCKETS + 1) } }),
    (reason) => layer(reason, { rules: rules() }),
    (reason) =>
      post(`segments/${pick(SEGMENTS)}/${pick(['include', 'exclude'])}`, {
        add: [reason, pick(PEOPLE)],
        remove: [pick(PEOPLE)],
      }),
    () => post(`flags/${pick(FLAGS)}/kill`),
    () => post(`flags/${pick(FLAGS)}/restore`),
    revert,
  ]
  return Array.from({ length: count }, (_, n) => {
    const reason = `change-${n}`
    const { path, ...request } = pick(kinds)(reason)
    return { ...request, reason, path: (changes) => `${path(changes)}?reason=${reason}` }
  })
}
