import { MINUTE_MS } from '../../time.ts'
import { MATURITY_MS, MAX_METRICS } from '../event-store.ts'
import { EVENT_KEYS, SLICE_MINUTES } from './redis-event-keys.ts'
import { UNITS } from './redis-event-units.ts'
import { redisScript } from './redis-script.ts'

/** Attempts that a shard remembers as changed. A cursor before the oldest one knows nothing. */
const MAX_CHANGED = 50_000

/**
 * Attempts, read when they are first needed. Needs the `number` of the log, `at`, the time of their
 * latest event, `now`, its minute, `maxMetrics`, and the random numbers of a new attempt.
 */
const ATTEMPTS = `
local attempts = {}
local function load(name)
  local numbers = keyOf(number, 'attempts')
  local id = redis.call('HGET', numbers, name)
  if not id then
    id = redis.call('INCR', keyOf(number, 'next-attempt'))
    redis.call('HSET', numbers, name, id)
    redis.call('HSET', attemptKey(number, id), 'name', name, 'base', now, 'level', 0, 'split', 0,
      'units', 0, 'generation', 0, 'saltA', saltA, 'saltB', saltB)
  end
  redis.call('ZADD', keyOf(number, 'ages'), 'GT', at, id)
  local attempt = { number = number, id = id, name = name, key = attemptKey(number, id),
    cells = {}, revisions = {}, cellCount = 0, metrics = {}, metricCount = 0 }
  local fields = redis.call('HGETALL', attempt.key)
  for i = 1, #fields, 2 do
    local kind, rest, value = sub(fields[i], 1, 2), sub(fields[i], 3), tonumber(fields[i + 1])
    if kind == 'c:' then
      attempt.cells[rest] = value
      attempt.revisions[value] = string.match(rest, '^%d+')
      attempt.cellCount = attempt.cellCount + 1
    elseif kind == 'm:' then
      attempt.metrics[rest] = value
      attempt.metricCount = attempt.metricCount + 1
    elseif fields[i] ~= 'name' then
      attempt[fields[i]] = value
    end
  end
  return attempt
end
local function attemptOf(name)
  attempts[name] = attempts[name] or load(name)
  return attempts[name]
end
-- The index of a cell, whose name begins with its revision.
local function cellOf(attempt, name)
  local index = attempt.cells[name]
  if index then return index end
  index = attempt.cellCount
  attempt.cells[name], attempt.revisions[index] = index, string.match(name, '^%d+')
  attempt.cellCount = index + 1
  redis.call('HSET', attempt.key, 'c:' .. name, index)
  return index
end
-- The index of a metric; nothing where there is no room.
local function metricOf(attempt, name)
  local index = attempt.metrics[name]
  if index then return index end
  index = attempt.metricCount
  if index >= maxMetrics then return nil end
  attempt.metrics[name], attempt.metricCount = index, index + 1
  redis.call('HSET', attempt.key, 'm:' .. name, index)
  return index
end
`

/** Counters of a batch: each is written once. */
const COUNTERS = `
local slices = {}
local function count(attempt, minute, name, n)
  local start = floor(minute / ${SLICE_MINUTES})
  local place = attempt.id .. '.' .. start
  local slice = slices[place]
  if not slice then
    slice = { attempt = attempt, start = start, fields = {} }
    slices[place] = slice
  end
  local field = (minute - start * ${SLICE_MINUTES}) .. name
  slice.fields[field] = (slice.fields[field] or 0) + n
end
local function writeCounters()
  for _, slice in pairs(slices) do
    local key = sliceKey(number, slice.attempt.id, slice.start)
    redis.call('ZADD', slicesKey(number, slice.attempt.id), slice.start, slice.start)
    for field, n in pairs(slice.fields) do redis.call('HINCRBY', key, field, n) end
  end
end
`

const CHANGES = `
local function writeAttempts()
  local changes, changed = shard .. ':changes', shard .. ':changed'
  for _, attempt in pairs(attempts) do
    redis.call('HSET', attempt.key, 'level', attempt.level, 'split', attempt.split,
      'units', attempt.units)
    if attempt.isChanged then
      redis.call('ZADD', changed, redis.call('INCR', changes), number .. ' ' .. attempt.name)
    end
  end
  local excess = redis.call('ZCARD', changed) - ${MAX_CHANGED}
  if excess > 0 then
    local last = redis.call('ZRANGE', changed, excess - 1, excess - 1, 'WITHSCORES')
    redis.call('SET', shard .. ':forgotten', last[2])
    redis.call('ZREMRANGEBYRANK', changed, 0, excess - 1)
  end
end
`

/**
 * Adds a batch. Arguments: project, id and time of the batch, most metrics, items, units, and two
 * random numbers for new attempts.
 *
 * The items are lists: `exposures` of attempt, cell, minute, reason, calls and the number of units;
 * `outcomes` of attempt, cell, minute, reason, metric, number of units, 1 where the metric counts
 * at the first exposure, buckets or 0, and 1 where only known units count. The units are 8 bytes
 * each, in the order of the items. Returns the new units by attempt after the dropped outcomes.
 */
export const ADD = redisScript(`${EVENT_KEYS}${UNITS}
local epoch, _, number = logOf(ARGV[1])
if not epoch then return { 'NO_LOG' } end
if redis.call('ZADD', keyOf(number, 'batches'), 'NX', ARGV[3], ARGV[2]) == 0 then
  return { 'KNOWN' }
end
local at, saltA, saltB = ARGV[3], ARGV[7], ARGV[8]
local maxMetrics, now = tonumber(ARGV[4]), floor(tonumber(at) / ${MINUTE_MS})
local batch, place, newUnits, dropped = cjson.decode(ARGV[5]), 1, {}, 0
local function nextUnit()
  place = place + 8
  return sub(ARGV[6], place - 8, place - 1)
end
${ATTEMPTS}${COUNTERS}${CHANGES}
local function countExposed(attempt, minute, name, units, first)
  if units == 0 then return end
  count(attempt, minute, name .. '.u', units)
  if first > 0 then count(attempt, minute, name .. '.f', first) end
  newUnits[attempt.name] = (newUnits[attempt.name] or 0) + units
  attempt.isChanged = true
end
for _, item in ipairs(batch.exposures) do
  local attempt, minute = attemptOf(item[1]), item[3]
  local cell = cellOf(attempt, item[2])
  local units, first = 0, 0
  for _ = 1, item[6] do
    local _, isNew, isFirst = expose(attempt, nextUnit(), cell, minute)
    if isNew then units = units + 1 end
    if isFirst then first = first + 1 end
  end
  local name = 'e' .. cell .. '.' .. item[4]
  count(attempt, minute, name .. '.c', item[5])
  countExposed(attempt, minute, name, units, first)
end
for _, item in ipairs(batch.outcomes) do
  local attempt, minute, buckets = attemptOf(item[1]), item[3], item[8]
  local cell = cellOf(attempt, item[2])
  local metric = metricOf(attempt, item[5])
  if not metric then
    dropped = dropped + item[6]
    place = place + 8 * item[6]
  else
    local revision = item[7] == 0 and attempt.revisions[cell] or nil
    local units, first = 0, 0
    for i = 1, item[6] do
      local unit = nextUnit()
      local text, isNew, isFirst
      if item[9] == 1 then
        text = find(attempt, unit)
      else
        text, isNew, isFirst = expose(attempt, unit, cell, minute)
      end
      if isNew then units = units + 1 end
      if isFirst then first = first + 1 end
      local counted, exposed
      if text then counted, exposed = mark(attempt, unit, text, metric, revision) end
      if counted then
        local name = 'o' .. counted .. '.' .. metric
        count(attempt, now, name .. '.u', 1)
        if math.abs(minute - exposed) <= ${MATURITY_MS / MINUTE_MS} then
          count(attempt, exposed, name .. '.m', 1)
        end
        if buckets ~= 0 then count(attempt, now, name .. '.' .. (buckets[i] or 0), 1) end
        attempt.isChanged = true
      end
    end
    countExposed(attempt, minute, 'e' .. cell .. '.' .. item[4], units, first)
  end
end
writeCounters()
writeAttempts()
local reply = { 'ADDED', dropped }
for name, n in pairs(newUnits) do
  reply[#reply + 1] = name
  reply[#reply + 1] = n
end
return reply
`)

/** Arguments: project, epoch, and pairs of time and id. */
export const IMPORT_BATCHES = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if epoch ~= ARGV[2] then return 'NO_LOG' end
for i = 3, #ARGV, 2 do
  redis.call('ZADD', keyOf(number, 'batches'), ARGV[i], ARGV[i + 1])
end
return 'OK'
`)

/**
 * Adds counters and units to an attempt. Arguments: project, epoch, name of the attempt, time of
 * its latest event, items, units, and two random numbers for a new attempt.
 *
 * The items are lists: all `metrics`, `counters` (cell, minute, kind, reason or metric, part and
 * value) and `units` (bits of their metrics, then cell and minute of each exposure). The units are
 * 8 bytes each.
 */
export const IMPORT_ATTEMPT = redisScript(`${EVENT_KEYS}${UNITS}
local epoch, _, number = logOf(ARGV[1])
if epoch ~= ARGV[2] then return 'NO_LOG' end
local at, saltA, saltB = ARGV[4], ARGV[7], ARGV[8]
local maxMetrics, now = ${MAX_METRICS}, floor(tonumber(at) / ${MINUTE_MS})
${ATTEMPTS}${COUNTERS}${CHANGES}
local items, attempt = cjson.decode(ARGV[5]), attemptOf(ARGV[3])
for _, metric in ipairs(items.metrics) do metricOf(attempt, metric) end
for _, item in ipairs(items.counters) do
  local cell, minute, kind, name, part, n = unpack(item)
  if kind == 'o' then name = metricOf(attempt, name) end
  count(attempt, minute, kind .. cellOf(attempt, cell) .. '.' .. name .. '.' .. part, n)
end
for i, item in ipairs(items.units) do
  local unit, text = sub(ARGV[6], 8 * i - 7, 8 * i), pack(item[1])
  for j = 2, #item, 2 do
    text = text .. pack(cellOf(attempt, item[j])) .. packMinute(attempt, item[j + 1])
  end
  redis.call('HSET', hashOf(attempt, unit), unit, text)
  attempt.units = attempt.units + 1
  grow(attempt)
end
writeCounters()
writeAttempts()
return 'OK'
`)

/**
 * Argument: number of a change. Returns the latest number, the one up to which changes are
 * forgotten, the attempts that have changed since, and the logs of the shard.
 */
export const CHANGED_SINCE = redisScript(`
return { redis.call('GET', shard .. ':changes') or '0',
  redis.call('GET', shard .. ':forgotten') or '0',
  redis.call('ZRANGEBYSCORE', shard .. ':changed', '(' .. ARGV[1], '+inf'),
  redis.call('HGETALL', logs) }
`)
