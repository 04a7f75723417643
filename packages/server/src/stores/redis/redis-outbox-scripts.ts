import { CHECK_FENCE } from './redis-leases.ts'
import { redisScript } from './redis-script.ts'

/**
 * A delivery is two texts: its notice, which never changes, and the rest after the time of the
 * change. Sets that are ordered by change hold the ids of all deliveries to a subscription, and of
 * its pending ones.
 */
const KEYS = `
local function outboxOf(number)
  return keyOf(number, 'deliveries'), keyOf(number, 'notices'), keyOf(number, 'subscriptions')
end
local function orderOf(number, subscription)
  return keyOf(number, 'all:' .. subscription), keyOf(number, 'pending:' .. subscription)
end
local function place(pending, isPending, seq, id)
  if isPending == '1' then redis.call('ZADD', pending, seq, id)
  else redis.call('ZREM', pending, id) end
end
`

/**
 * Arguments: lease and number of the fence, project, epoch, cursor, and six of each delivery: id,
 * subscription, number of the change, 1 if it is pending, the rest, and its notice.
 */
export const RECORD = redisScript(`${KEYS}${CHECK_FENCE}
local newest = newerGrant(ARGV[1], ARGV[2])
if newest then return { 'LEASE_LOST', newest } end
local epoch, _, number = logOf(ARGV[3])
if epoch ~= ARGV[4] then return { 'OK' } end
local deliveries, notices, subscriptions = outboxOf(number)
for i = 6, #ARGV, 6 do
  local id, subscription, seq, isPending, rest, notice = unpack(ARGV, i, i + 5)
  if redis.call('HSETNX', deliveries, id, rest) == 1 then
    local all, pending = orderOf(number, subscription)
    redis.call('HSET', notices, id, notice)
    redis.call('SADD', subscriptions, subscription)
    redis.call('ZADD', all, seq, id)
    place(pending, isPending, seq, id)
  end
end
local cursor = keyOf(number, 'cursor')
if tonumber(redis.call('GET', cursor) or 0) < tonumber(ARGV[5]) then
  redis.call('SET', cursor, ARGV[5])
end
return { 'OK' }
`)

/** Argument: project. */
export const CURSOR = redisScript(`
local epoch, _, number = logOf(ARGV[1])
return epoch and redis.call('GET', keyOf(number, 'cursor')) or '0'
`)

const READ = `${KEYS}
local epoch, _, number = logOf(ARGV[1])
if not epoch then return {} end
local deliveries, notices = outboxOf(number)
local function read(ids)
  local texts = {}
  for _, id in ipairs(ids) do
    local rest = redis.call('HGET', deliveries, id)
    if rest then
      table.insert(texts, redis.call('HGET', notices, id))
      table.insert(texts, (string.gsub(rest, '^%d+ ', '')))
    end
  end
  return texts
end
`

/** Arguments: project, subscription. Returns pairs of notice and rest, as the next two do. */
export const PENDING = redisScript(`${READ}
local _, pending = orderOf(number, ARGV[2])
return read(redis.call('ZRANGE', pending, 0, -1))
`)

/** Arguments: project, subscription, most deliveries. */
export const LATEST = redisScript(`${READ}
local all = orderOf(number, ARGV[2])
return read(redis.call('ZREVRANGE', all, 0, tonumber(ARGV[3]) - 1))
`)

/** Arguments: project, id. */
export const FIND = redisScript(`${READ}
return read({ ARGV[2] })
`)

/** Arguments: lease and number of the fence, project, and five of each delivery, as above. */
export const UPDATE = redisScript(`${KEYS}${CHECK_FENCE}
local newest = newerGrant(ARGV[1], ARGV[2])
if newest then return { 'LEASE_LOST', newest } end
local epoch, _, number = logOf(ARGV[3])
if not epoch then return { 'OK' } end
local deliveries = outboxOf(number)
for i = 4, #ARGV, 5 do
  local id, subscription, seq, isPending, rest = unpack(ARGV, i, i + 4)
  if redis.call('HEXISTS', deliveries, id) == 1 then
    local _, pending = orderOf(number, subscription)
    redis.call('HSET', deliveries, id, rest)
    place(pending, isPending, seq, id)
  end
end
return { 'OK' }
`)

/** Arguments: project, time before which deliveries are deleted, most of each subscription. */
export const PRUNE = redisScript(`${KEYS}
local epoch, _, number = logOf(ARGV[1])
if not epoch then return end
local deliveries, notices, subscriptions = outboxOf(number)
for _, subscription in ipairs(redis.call('SMEMBERS', subscriptions)) do
  local all, pending = orderOf(number, subscription)
  local settled = 0
  for _, id in ipairs(redis.call('ZREVRANGE', all, 0, -1)) do
    if not redis.call('ZSCORE', pending, id) then
      settled = settled + 1
      local at = string.match(redis.call('HGET', deliveries, id), '^%d+')
      if tonumber(at) < tonumber(ARGV[2]) or settled > tonumber(ARGV[3]) then
        redis.call('HDEL', deliveries, id)
        redis.call('HDEL', notices, id)
        redis.call('ZREM', all, id)
      end
    end
  end
  if redis.call('EXISTS', all) == 0 then redis.call('SREM', subscriptions, subscription) end
end
`)
