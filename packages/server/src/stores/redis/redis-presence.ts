import { PRESENT_MS, type Presence } from '../presence.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

/** Presence by the clock of Redis. It is not worth a wait for the disk. */
export function createRedisPresence({ shards, run }: RedisStore): Presence {
  return {
    async record(project, scopes) {
      await run(RECORD, shards.of(project), project, ...scopes)
    },
    async recent(project) {
      return new Set((await run(RECENT, shards.of(project), project)) as string[])
    },
  }
}

const PRESENCE = `
local epoch, _, number = logOf(ARGV[1])
if not epoch then return {} end
local time = redis.call('TIME')
local now, presence = time[1] * 1000 + math.floor(time[2] / 1000), keyOf(number, 'presence')
`

/** Arguments: project, and scopes. */
const RECORD = redisScript(`${PRESENCE}
redis.call('ZREMRANGEBYSCORE', presence, '-inf', now - ${PRESENT_MS})
for i = 2, #ARGV do redis.call('ZADD', presence, now, ARGV[i]) end
`)

/** Argument: project. */
const RECENT = redisScript(`${PRESENCE}
return redis.call('ZRANGEBYSCORE', presence, now - ${PRESENT_MS}, '+inf')
`)
