import { hashIdentifier } from '@flaghoist/core'
import { bucketOfIdentifier } from '@flaghoist/core/internal'
import { randomOf } from '../../test-support/random.ts'

/** A user of a rollout, as an SDK reports it. */
export interface User {
  readonly unit: string
  readonly arm: 'treatment' | 'control'
  readonly isFailing: boolean
}

/** The users of one second of simulated time. */
export interface Crowd {
  /** @param treatedRate probability that a treated user fails */
  next(count: number, treatedRate: number): User[]
}

/** Probability that a user of the old path fails. */
export const FAILURE_RATE = 0.01

/** Creates a crowd of users that come once. @param share buckets that are treated */
export function createCrowd(salt: string, share: number): Crowd {
  const random = randomOf(20_261_126)
  let users = 0
  return {
    next: (count, treatedRate) =>
      Array.from({ length: count }, () => {
        users += 1
        const unit = hashIdentifier(salt, `user-${users}`)
        const arm = bucketOfIdentifier(unit) < share ? 'treatment' : 'control'
        const rate = arm === 'treatment' ? treatedRate : FAILURE_RATE
        return { unit, arm, isFailing: random.uniform() < rate }
      }),
  }
}
