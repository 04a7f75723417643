import { problem } from '../../errors.ts'
import { type Fence, type LeaseGap, type Leases, MAX_GAPS } from '../leases.ts'
import { redisScript } from './redis-script.ts'
import type { RedisArgument, RedisStore } from './redis-store.ts'

/** Leases in the first shard. Redis measures their time, by its own clock. */
export function createRedisLeases({ shards, run, write }: RedisStore): Leases {
  const [home, ...others] = shards.all as readonly [string, ...string[]]
  const release = async ({ lease, number }: Fence) => {
    await write(RELEASE, home, lease, number)
  }
  return {
    async acquire(lease, holder, ttlMs) {
      const number = Number(await write(ACQUIRE, home, lease, holder, ttlMs))
      if (number === 0) return undefined
      const fence = { lease, number }
      try {
        // The former holder may write to a shard until it knows the number.
        await Promise.all(others.map((shard) => write(FENCE_OFF, shard, lease, number)))
      } catch (error) {
        await release(fence).catch(() => undefined) // It expires by itself.
        throw error
      }
      return fence
    },
    async renew({ lease, number }, ttlMs) {
      return (await write(RENEW, home, lease, number, ttlMs)) === 1
    },
    release,
    async gaps(lease) {
      return ((await run(GAPS, home, lease)) as string[]).map((text): LeaseGap => {
        const [from, to] = text.split(' ').map(Number)
        return { from: from!, to: to! }
      })
    },
  }
}

/**
 * Checks a fence, whose lease and number are two arguments of a script. The lease is empty for a
 * write without a fence.
 */
export const CHECK_FENCE = `
local function newerGrant(lease, number)
  if lease == '' then return nil end
  local newest = tonumber(redis.call('HGET', shard .. ':fences', lease) or 0)
  return tonumber(number) < newest and newest or nil
end
`

export function fenceArguments(fence: Fence | undefined): readonly RedisArgument[] {
  return fence === undefined ? ['', 0] : [fence.lease, fence.number]
}

/** @throws {FlaghoistError} `LEASE_LOST` for the reply of a script that has refused a fence */
export function requireFenced(reply: unknown, fence: Fence | undefined): void {
  const [status, newest] = reply as readonly [string, number?]
  if (status === 'LEASE_LOST') throw problem('LEASE_LOST', { ...fence!, newest: newest! })
}

const LEASE = `
local key = shard .. ':lease:' .. ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder, number, expires, held = unpack(redis.call('HMGET', key, 'holder', 'number',
  'expires', 'held'))
number = tonumber(number or 0)
local isHeld = holder and holder ~= '' and tonumber(expires) > now
`

/** Arguments: lease, holder, time to live. Returns the number of the grant; 0 without one. */
const ACQUIRE = redisScript(`${LEASE}
if isHeld and holder ~= ARGV[2] then return 0 end
if held and not isHeld and tonumber(held) < now then
  redis.call('RPUSH', shard .. ':gaps:' .. ARGV[1], string.format('%.0f %.0f', held, now))
  redis.call('LTRIM', shard .. ':gaps:' .. ARGV[1], -${MAX_GAPS}, -1)
end
redis.call('HSET', key, 'holder', ARGV[2], 'number', number + 1, 'expires', now + ARGV[3],
  'held', now)
redis.call('HSET', shard .. ':fences', ARGV[1], number + 1)
return number + 1
`)

/** Arguments: lease, number. */
const FENCE_OFF = redisScript(`
local fences = shard .. ':fences'
if tonumber(redis.call('HGET', fences, ARGV[1]) or 0) < tonumber(ARGV[2]) then
  redis.call('HSET', fences, ARGV[1], ARGV[2])
end
`)

/** Arguments: lease, number, time to live. Returns 1 if the grant holds. */
const RENEW = redisScript(`${LEASE}
if not isHeld or number ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', key, 'expires', now + ARGV[3], 'held', now)
return 1
`)

/** Arguments: lease, number. */
const RELEASE = redisScript(`${LEASE}
if isHeld and number == tonumber(ARGV[2]) then
  redis.call('HSET', key, 'holder', '', 'held', now)
end
`)

/** Argument: lease. */
const GAPS = redisScript(`return redis.call('LRANGE', shard .. ':gaps:' .. ARGV[1], 0, -1)`)
