import type { KeyUsage } from '../key-usage.ts'
import { pairsOf } from './redis-pairs.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

export function createRedisKeyUsage({ shards, run, write }: RedisStore): KeyUsage {
  return {
    async lastUses(project) {
      const pairs = (await run(LAST_USES, shards.of(project), project)) as string[]
      return new Map(pairsOf(pairs).map(([key, at]) => [key, Number(at)]))
    },
    async record(project, uses) {
      await write(RECORD, shards.of(project), project, ...[...uses].flat())
    },
  }
}

/** Argument: project. Returns pairs of key id and time. */
const LAST_USES = redisScript(`
local epoch, _, number = logOf(ARGV[1])
return epoch and redis.call('HGETALL', keyOf(number, 'uses')) or {}
`)

/** Arguments: project, and pairs of key id and time. */
const RECORD = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if not epoch then return end
local uses = keyOf(number, 'uses')
for i = 2, #ARGV, 2 do
  local known = redis.call('HGET', uses, ARGV[i])
  if not known or tonumber(known) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', uses, ARGV[i], ARGV[i + 1])
  end
end
`)
