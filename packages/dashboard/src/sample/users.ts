import { createRandom, HASH_SPACE, type Random } from './random.ts'

const MINUTE_MS = 60_000
const ARMS = ['control', 'treatment'] as const
/** Buckets per doubling of a measurement. */
const BUCKETS_PER_OCTAVE = 8
/** Part of the users that orders something. */
const ORDERING = 0.06

/** Made-up users of one customer. Chance gives a share of them the new variant. */
export interface Users {
  readonly count: number
  /** Part of the users with the new variant. */
  readonly share: number
  /** Parts of the users of each arm whose requests fail. */
  readonly failing: { readonly control: number; readonly treatment: number }
  readonly seed: number
}

/** The flag that the users were served, as each item of a report names it. */
interface Served {
  readonly flag: string
  readonly revision: number
}

/**
 * Returns the exposures and outcomes of users, as an SDK reports them. All are of one minute: the
 * server counts an outcome in the minute of its receipt.
 * @param now epoch ms
 */
export function reportOf(users: Users, served: Served, now: number) {
  const random = createRandom(users.seed)
  const all = Array.from({ length: users.count }, () => userOf(users, random))
  const minute = now - (now % MINUTE_MS)
  const cells = ARMS.map((arm) => ({
    cell: { ...served, arm, variant: arm === 'treatment' ? 'on' : 'off', minute },
    own: all.filter((user) => user.arm === arm),
  })).filter(({ own }) => own.length > 0)
  return {
    exposures: cells.map(({ cell, own }) => ({
      ...cell,
      reason: 'SPLIT',
      count: own.length,
      units: unitsOf(own),
    })),
    outcomes: cells.flatMap(({ cell, own }) => [
      { ...cell, metric: 'alive', units: unitsOf(own) },
      {
        ...cell,
        metric: 'page-ms',
        units: unitsOf(own),
        buckets: own.map(({ ms }) => Math.floor(BUCKETS_PER_OCTAVE * Math.log2(ms))),
      },
      ...outcomeOf(
        cell,
        'error',
        own.filter(({ hasFailed }) => hasFailed),
      ),
      ...outcomeOf(
        cell,
        'order',
        own.filter(({ hasOrdered }) => hasOrdered),
      ),
    ]),
  }
}

interface User {
  /** Hash of the user, 16 hexadecimal digits. */
  readonly unit: string
  readonly arm: (typeof ARMS)[number]
  readonly hasFailed: boolean
  readonly hasOrdered: boolean
  /** Time to a page. */
  readonly ms: number
}

function userOf({ share, failing }: Users, random: Random): User {
  // The first half of the hash places a user, as on the server.
  const place = random()
  const arm = place < share ? 'treatment' : 'control'
  const hasFailed = random() < failing[arm]
  return {
    unit: hex8(place) + hex8(random()),
    arm,
    hasFailed,
    hasOrdered: !hasFailed && random() < ORDERING,
    ms: 180 * 2 ** (2 * random() * random()),
  }
}

function outcomeOf<Cell>(cell: Cell, metric: string, users: readonly User[]) {
  return users.length === 0 ? [] : [{ ...cell, metric, units: unitsOf(users) }]
}

const unitsOf = (users: readonly User[]) => users.map(({ unit }) => unit)

/** Returns the eight hexadecimal digits of a hash, from its part of all hashes. */
function hex8(part: number): string {
  return Math.floor(part * HASH_SPACE)
    .toString(16)
    .padStart(8, '0')
}
