import { askedFlag, type CaseName, CLAUSES, flagKey, SEGMENT, type User, users } from './cases.ts'
import type { Contender } from './contender.ts'

/** The least that answering takes: finding the flag by its key. */
export const lookup: Contender = {
  name: 'floor: Map look-up',
  isFloor: true,
  prepare(_name, flags) {
    const all = new Map(Array.from({ length: flags }, (_, i) => [flagKey(i), { on: true }]))
    const key = askedFlag(flags)
    return { contexts: users, ask: () => all.get(key)!.on }
  },
}

/** The look-up, and by hand what the case needs besides: murmur3 with a seed of the flag, sets, comparisons. */
export const lookupAndHash: Contender = {
  name: 'floor: + inlined murmur3',
  isFloor: true,
  prepare(name, flags) {
    const all = new Map(Array.from({ length: flags }, (_, i) => [flagKey(i), flagOf(name, i)]))
    const key = askedFlag(flags)
    return { contexts: users, ask: (user) => all.get(key)!.test(user as User) }
  },
}

function flagOf(name: CaseName, seed: number): { test(user: User): boolean } {
  const plans = new Set(CLAUSES.plan)
  const ids = new Set(SEGMENT)
  switch (name) {
    case 'on':
      return { test: () => true }
    case 'rollout':
      return { test: (user) => bucket(user.id, seed) < 25_000 }
    case 'clauses':
      return {
        test: (user) =>
          plans.has(user.plan) &&
          user.country === CLAUSES.country &&
          user.seats >= CLAUSES.seats &&
          bucket(user.id, seed) < 50_000,
      }
    case 'segment':
      return { test: (user) => ids.has(user.id) }
  }
}

/** murmur3 of ASCII text; the floor needs no more. */
function bucket(text: string, seed: number): number {
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
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) * 100_000) / 2 ** 32)
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}
