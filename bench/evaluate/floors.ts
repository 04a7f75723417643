import { type CaseName, CLAUSES, type FlagPlan, SEGMENT, type User } from './cases.ts'
import { type Asking, byKey, type Contender } from './contender.ts'

interface FloorFlag {
  readonly on: boolean
  readonly seed: number
  /** Counted exposures to the on variant and to the other one. */
  trues: number
  falses: number
}

/** A slot for each unit, far more than there are. */
const SLOTS = 2 ** 15

type ByHand = (flags: ReadonlyMap<string, FloorFlag>, key: string) => Asking

const parts = {
  kind: 'floor' as const,
  contextOf: ({ id, plan, country, seats }: User) => ({ id, plan, country, seats }),
  configuration: (flags: readonly FlagPlan[], asked: CaseName) =>
    JSON.stringify({
      asked,
      flags: byKey(flags, ({ index }) => ({ on: true, seed: index, trues: 0, falses: 0 })),
    }),
}

/** The minimum of any evaluation: finding the flag by its key. */
export const lookup: Contender = {
  ...parts,
  name: 'floor: Map lookup',
  isUnchecked: true,
  load(configuration, key) {
    const { flags } = parse(configuration)
    return { ask: () => flags.get(key)!.on }
  },
}

/** The lookup and hand-written code for the case: murmur3 with a seed, sets, comparisons. */
export const lookupAndHash: Contender = {
  ...parts,
  name: 'floor: + inlined murmur3',
  load(configuration, key) {
    const { flags, asked } = parse(configuration)
    return BY_HAND[asked](flags, key)
  },
}

/**
 * The same with exposures counted in the record of the flag: a unit of a split once, known by its
 * hash, and any other exposure by call.
 */
export const counted: Contender = {
  ...parts,
  name: 'floor: + exposures counted',
  load(configuration, key) {
    const { flags, asked } = parse(configuration)
    return COUNTED[asked](flags, key)
  },
}

function parse(configuration: string): { asked: CaseName; flags: Map<string, FloorFlag> } {
  const { asked, flags } = JSON.parse(configuration) as {
    asked: CaseName
    flags: Record<string, FloorFlag>
  }
  return { asked, flags: new Map(Object.entries(flags)) }
}

const plans = new Set(CLAUSES.plan)
const ids = new Set(SEGMENT)

/** Each case is a separate function, so that no other case slows it down. */
const BY_HAND: Readonly<Record<CaseName, ByHand>> = {
  on: (flags, key) => ({ ask: () => flags.get(key)!.on }),
  rollout: (flags, key) => ({
    ask: (user) => bucketOf(murmur3((user as User).id, flags.get(key)!.seed)) < 25_000,
  }),
  clauses: (flags, key) => ({
    ask(context) {
      const flag = flags.get(key)!
      const user = context as User
      return isTargeted(user) && bucketOf(murmur3(user.id, flag.seed)) < 50_000
    },
  }),
  segment: (flags, key) => ({ ask: (user) => flags.get(key)!.on && ids.has((user as User).id) }),
}

const COUNTED: Readonly<Record<CaseName, ByHand>> = {
  on: (flags, key) => ({
    ask() {
      const flag = flags.get(key)!
      return count(flag, flag.on)
    },
  }),
  rollout(flags, key) {
    const met = new Int32Array(SLOTS)
    return {
      ask(user) {
        const flag = flags.get(key)!
        const hash = murmur3((user as User).id, flag.seed)
        const isOn = bucketOf(hash) < 25_000
        return isNew(met, hash) ? count(flag, isOn) : isOn
      },
    }
  },
  clauses(flags, key) {
    const met = new Int32Array(SLOTS)
    return {
      ask(context) {
        const flag = flags.get(key)!
        const user = context as User
        if (!isTargeted(user)) return count(flag, false)
        const hash = murmur3(user.id, flag.seed)
        const isOn = bucketOf(hash) < 50_000
        return isNew(met, hash) ? count(flag, isOn) : isOn
      },
    }
  },
  segment: (flags, key) => ({
    ask(user) {
      const flag = flags.get(key)!
      return count(flag, flag.on && ids.has((user as User).id))
    },
  }),
}

function count(flag: FloorFlag, isOn: boolean): boolean {
  if (isOn) flag.trues += 1
  else flag.falses += 1
  return isOn
}

/** Adds a hash to an open-addressed table. Returns whether it was missing. */
function isNew(met: Int32Array, hash: number): boolean {
  const mark = hash || 1
  let i = mark & (SLOTS - 1)
  for (; met[i] !== 0; i = (i + 1) & (SLOTS - 1)) if (met[i] === mark) return false
  met[i] = mark
  return true
}

function isTargeted(user: User): boolean {
  return plans.has(user.plan) && user.country === CLAUSES.country && user.seats >= CLAUSES.seats
}

/** murmur3 of ASCII text, which is enough for the floor. */
function murmur3(text: string, seed: number): number {
  let hash = seed | 0
  const end = text.length & ~3
  for (let i = 0; i < end; i += 4)
    hash = mix(
      hash,
      text.charCodeAt(i) |
        (text.charCodeAt(i + 1) << 8) |
        (text.charCodeAt(i + 2) << 16) |
        (text.charCodeAt(i + 3) << 24),
    )
  let tail = 0
  for (let i = text.length - 1; i >= end; i -= 1) tail = (tail << 8) | text.charCodeAt(i)
  hash ^= scramble(tail)
  hash ^= text.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function bucketOf(hash: number): number {
  return Math.floor(((hash >>> 0) * 100_000) / 2 ** 32)
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}
