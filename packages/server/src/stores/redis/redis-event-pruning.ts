import { DAY_MS, MINUTE_MS } from '../../time.ts'
import type { EventPruneLimits } from '../event-store.ts'
import { EVENT_KEYS, SLICE_MINUTES } from './redis-event-keys.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

/** Keys or members deleted by one script: a millisecond. */
const PIECE = 500

/**
 * Returns a function that deletes old events, in pieces, so that Redis does other work in between.
 * @param isOpen returns false once no further piece may begin
 */
export function createEventPruning({ shards, run }: RedisStore, isOpen: () => boolean) {
  const repeat = async (piece: () => Promise<unknown>) => {
    while (isOpen() && (await piece()) === 1);
  }
  return async ({ batches, units, sums }: EventPruneLimits): Promise<void> => {
    const limits = [units, Math.ceil(sums / MINUTE_MS), sums - DAY_MS]
    for (const shard of shards.all) {
      await repeat(() => run(PRUNE_BATCHES, shard, batches))
      const attempts = (await run(ATTEMPTS, shard)) as string[]
      for (const attempt of attempts)
        await repeat(() => run(PRUNE_ATTEMPT, shard, ...attempt.split(' '), ...limits))
      await repeat(() => run(DROP_HIDDEN, shard))
      await repeat(() => run(SWEEP, shard))
    }
  }
}

/** Argument: time. Returns 1 if there may be more. */
const PRUNE_BATCHES = redisScript(`
for _, text in ipairs(redis.call('HVALS', logs)) do
  local batches = keyOf(string.match(text, '%d+$'), 'batches')
  local old = redis.call('ZRANGEBYSCORE', batches, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ${PIECE})
  if #old > 0 then redis.call('ZREM', batches, unpack(old)) end
  if #old == ${PIECE} then return 1 end
end
return 0
`)

/** Returns the attempts of all logs of a shard, as the number of the log and its own. */
const ATTEMPTS = redisScript(`
local all = {}
for _, text in ipairs(redis.call('HVALS', logs)) do
  local number = string.match(text, '%d+$')
  for _, id in ipairs(redis.call('ZRANGE', keyOf(number, 'ages'), 0, -1)) do
    all[#all + 1] = number .. ' ' .. id
  end
end
return all
`)

const DROP = `${EVENT_KEYS}
-- Gives the units of an attempt to the sweep. Those that come later are in other hashes.
local function dropUnits(number, id)
  local key = attemptKey(number, id)
  local level, split, units, generation = unpack(redis.call('HMGET', key, 'level', 'split',
    'units', 'generation'))
  if not units or units == '0' then return end
  redis.call('HSET', shard .. ':garbage', unitsKey(number, id, generation, ''),
    2 ^ tonumber(level) + tonumber(split))
  redis.call('HSET', key, 'level', 0, 'split', 0, 'units', 0, 'generation', generation + 1)
end
local function dropSlices(number, id, before)
  local slices = slicesKey(number, id)
  local old = redis.call('ZRANGEBYSCORE', slices, '-inf', before, 'LIMIT', 0, ${PIECE})
  for _, start in ipairs(old) do redis.call('UNLINK', sliceKey(number, id, start)) end
  if #old > 0 then redis.call('ZREM', slices, unpack(old)) end
  return #old == ${PIECE}
end
local function dropAttempt(number, id)
  dropUnits(number, id)
  if dropSlices(number, id, '+inf') then return end
  local key = attemptKey(number, id)
  local name = redis.call('HGET', key, 'name')
  if name then redis.call('HDEL', keyOf(number, 'attempts'), name) end
  redis.call('UNLINK', key)
  redis.call('ZREM', keyOf(number, 'ages'), id)
end
`

/**
 * Arguments: number of the log, attempt, the time of its latest event before which its units are
 * deleted, the first minute to keep, and the time before which it is deleted itself. Returns 1 if
 * there may be more.
 */
const PRUNE_ATTEMPT = redisScript(`${DROP}
local number, id = ARGV[1], ARGV[2]
local age = redis.call('ZSCORE', keyOf(number, 'ages'), id)
if not age then return 0 end
if tonumber(age) < tonumber(ARGV[5]) then
  dropAttempt(number, id)
  return 1
end
if tonumber(age) < tonumber(ARGV[3]) then dropUnits(number, id) end
local minute = tonumber(ARGV[4])
local start = math.floor(minute / ${SLICE_MINUTES})
if dropSlices(number, id, '(' .. start) then return 1 end
local slice, first = sliceKey(number, id, start), minute - start * ${SLICE_MINUTES}
for _, field in ipairs(redis.call('HKEYS', slice)) do
  if tonumber(string.sub(field, 1, 1)) < first then redis.call('HDEL', slice, field) end
end
return 0
`)

/** Deletes a piece of the events of a deleted log. Returns 1 if there may be more. */
const DROP_HIDDEN = redisScript(`${DROP}
local number = redis.call('SRANDMEMBER', shard .. ':hidden')
if not number then return 0 end
local id = redis.call('ZRANGE', keyOf(number, 'ages'), 0, 0)[1]
if id then
  dropAttempt(number, id)
else
  for _, name in ipairs({ 'attempts', 'next-attempt', 'batches' }) do
    redis.call('UNLINK', keyOf(number, name))
  end
  redis.call('SREM', shard .. ':hidden', number)
end
return 1
`)

/** Deletes some hashes of units without an attempt. Returns 1 if others may be left. */
const SWEEP = redisScript(`
local garbage = shard .. ':garbage'
local name = redis.call('HRANDFIELD', garbage)
if not name then return 0 end
local left = tonumber(redis.call('HGET', garbage, name))
for n = math.max(left - ${PIECE}, 0), left - 1 do redis.call('UNLINK', name .. n) end
if left > ${PIECE} then
  redis.call('HSET', garbage, name, left - ${PIECE})
else
  redis.call('HDEL', garbage, name)
end
return 1
`)
