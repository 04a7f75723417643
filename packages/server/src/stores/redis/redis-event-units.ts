import { UNITS_PER_HASH } from './redis-event-keys.ts'

/**
 * The units of an attempt, in small hashes that Redis packs: some 20 bytes a unit, as against some
 * 100 in one large hash.
 *
 * The number of hashes grows with the units, one at a time (linear hashing): there are
 * `2^level + split` of them, and the first `split` ones are already divided in two. The place of a
 * unit depends on random numbers of the attempt, so that no client can fill one hash.
 *
 * A unit is a sequence of numbers, each in as few bytes as it needs: a bit for each of its metrics,
 * then the cell and the minute of its exposures, one for each allocation. The first is the first in
 * the attempt.
 */
export const UNITS = `
local byte, char, floor, sub = string.byte, string.char, math.floor, string.sub

local function pack(value)
  local text = ''
  while value >= 128 do
    text = text .. char(value % 128 + 128)
    value = floor(value / 128)
  end
  return text .. char(value)
end
local function unpackAt(text, i)
  local value, scale = 0, 1
  while true do
    local part = byte(text, i)
    i = i + 1
    if part < 128 then return value + part * scale, i end
    value = value + (part - 128) * scale
    scale = scale * 128
  end
end
local function packMinute(attempt, minute)
  local distance = minute - attempt.base
  return pack(distance < 0 and -2 * distance - 1 or 2 * distance)
end
local function unpackMinute(attempt, packed)
  return attempt.base + (packed % 2 == 0 and packed / 2 or -(packed + 1) / 2)
end

local function placeOf(attempt, unit)
  local a, b, c, d, e, f, g, h = byte(unit, 1, 8)
  local high, low = ((a * 256 + b) * 256 + c) * 256 + d, ((e * 256 + f) * 256 + g) * 256 + h
  return (high * attempt.saltA + low * attempt.saltB) % 4294967291
end
local function hashAt(attempt, n)
  return unitsKey(attempt.number, attempt.id, attempt.generation, n)
end
local function hashOf(attempt, unit)
  local place, width = placeOf(attempt, unit), 2 ^ attempt.level
  local n = place % width
  return hashAt(attempt, n < attempt.split and place % (2 * width) or n)
end

local function inParts(command, key, list)
  for i = 1, #list, 1000 do
    redis.call(command, key, unpack(list, i, math.min(i + 999, #list)))
  end
end
-- Divides the next hash in two when the hashes have become too full on average.
local function grow(attempt)
  local width = 2 ^ attempt.level
  if attempt.units <= ${UNITS_PER_HASH} * (width + attempt.split) then return end
  local from = hashAt(attempt, attempt.split)
  local all, moved, names = redis.call('HGETALL', from), {}, {}
  for i = 1, #all, 2 do
    if placeOf(attempt, all[i]) % (2 * width) ~= attempt.split then
      moved[#moved + 1], moved[#moved + 2] = all[i], all[i + 1]
      names[#names + 1] = all[i]
    end
  end
  inParts('HSET', hashAt(attempt, attempt.split + width), moved)
  inParts('HDEL', from, names)
  attempt.split = attempt.split + 1
  if attempt.split == width then
    attempt.level, attempt.split = attempt.level + 1, 0
  end
end

-- Stores a unit under an allocation. Returns its text, and whether it is new to the allocation and
-- to the attempt.
local function expose(attempt, unit, cell, minute)
  local hash = hashOf(attempt, unit)
  local text = redis.call('HGET', hash, unit)
  local isFirst = not text
  text = text or pack(0)
  local _, i = unpackAt(text, 1)
  while i <= #text do
    local known
    known, i = unpackAt(text, i)
    if attempt.revisions[known] == attempt.revisions[cell] then return text, false, false end
    _, i = unpackAt(text, i)
  end
  text = text .. pack(cell) .. packMinute(attempt, minute)
  redis.call('HSET', hash, unit, text)
  if isFirst then
    attempt.units = attempt.units + 1
    grow(attempt)
  end
  return text, true, isFirst
end

-- Returns the text of a unit; false if it is unknown.
local function find(attempt, unit) return redis.call('HGET', hashOf(attempt, unit), unit) end

-- Marks a metric of a unit. Returns the cell and the minute of the exposure with the revision, or of
-- the first one; nothing if the metric was marked, or there is no such exposure.
local function mark(attempt, unit, text, metric, revision)
  local metrics, exposures = unpackAt(text, 1)
  if floor(metrics / 2 ^ metric) % 2 == 1 then return nil end
  local i = exposures
  while i <= #text do
    local cell, minute
    cell, i = unpackAt(text, i)
    minute, i = unpackAt(text, i)
    if revision == nil or attempt.revisions[cell] == revision then
      redis.call('HSET', hashOf(attempt, unit), unit,
        pack(metrics + 2 ^ metric) .. sub(text, exposures))
      return cell, unpackMinute(attempt, minute)
    end
  end
end
`
