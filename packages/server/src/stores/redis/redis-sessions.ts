import type { SessionStore, StoredSession } from '../sessions.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

/** Sessions in the first shard: their texts by id, and the times of their last use. */
export function createRedisSessions({ shards, run, write }: RedisStore): SessionStore {
  const home = shards.all[0]!
  const list = async () => {
    const replies = (await run(LIST, home)) as (readonly [string, string])[]
    return replies.map(sessionOf).sort((a, b) => a.createdAt - b.createdAt)
  }
  return {
    async create(session) {
      await write(CREATE, home, session.id, JSON.stringify(session), session.usedAt)
    },
    async find(id) {
      const reply = (await run(FIND, home, id)) as readonly [string, string] | null
      return reply === null ? undefined : sessionOf(reply)
    },
    list,
    async recordUse(id, at) {
      await run(USE, home, id, at)
    },
    async delete(id) {
      await write(DELETE, home, id)
    },
    async prune({ expiredBefore, usedBefore }) {
      for (const { id, expiresAt, usedAt } of await list())
        if (expiresAt < expiredBefore || usedAt < usedBefore) await run(DELETE, home, id)
    },
  }
}

function sessionOf([text, usedAt]: readonly [string, string]): StoredSession {
  return { ...(JSON.parse(text) as StoredSession), usedAt: Number(usedAt) }
}

const KEYS = `local sessions, uses = shard .. ':sessions', shard .. ':session-uses'\n`

/** Arguments: id, session, time. */
const CREATE = redisScript(`${KEYS}
redis.call('HSET', sessions, ARGV[1], ARGV[2])
redis.call('HSET', uses, ARGV[1], ARGV[3])
`)

/** Argument: id. Returns the session and its last use. */
const FIND = redisScript(`${KEYS}
local session = redis.call('HGET', sessions, ARGV[1])
return session and { session, redis.call('HGET', uses, ARGV[1]) }
`)

/** Returns pairs of a session and its last use. */
const LIST = redisScript(`${KEYS}
local found = {}
for _, id in ipairs(redis.call('HKEYS', sessions)) do
  found[#found + 1] = { redis.call('HGET', sessions, id), redis.call('HGET', uses, id) }
end
return found
`)

/** Arguments: id, time. */
const USE = redisScript(`${KEYS}
local known = tonumber(redis.call('HGET', uses, ARGV[1]))
if known and known < tonumber(ARGV[2]) then redis.call('HSET', uses, ARGV[1], ARGV[2]) end
`)

/** Argument: id. */
const DELETE = redisScript(`${KEYS}
redis.call('HDEL', sessions, ARGV[1])
redis.call('HDEL', uses, ARGV[1])
`)
