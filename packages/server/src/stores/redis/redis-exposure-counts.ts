import { MINUTE_MS } from '../../time.ts'
import { countByVariant } from '../count-by-variant.ts'
import type { VariantCount, VariantCountQuery } from '../event-store.ts'
import { isAttemptSelected } from '../event-sums.ts'
import { EVENT_KEYS, SLICE_MINUTES } from './redis-event-keys.ts'
import { type AttemptPlace, describeAttempt, type EventReader } from './redis-event-reader.ts'
import { pairsOf } from './redis-pairs.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

/** Fields that one script counts: some milliseconds. */
const FIELDS_AT_ONCE = 10_000

/**
 * Arguments: number of the log, attempt, first minute, the minute after the last one, first slice.
 * Returns the fields of the attempt, pairs of count and sum, and the slice to go on with. A count
 * has the name of a field without the minute. At the end there is no slice.
 */
const COUNT = redisScript(`${EVENT_KEYS}
local number, id, from, to = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local left, sums, next = ${FIELDS_AT_ONCE}, {}, nil
local byte, sub, exposure, zero = string.byte, string.sub, string.byte('e'), string.byte('0')
local found = redis.call('ZRANGEBYSCORE', slicesKey(number, id), ARGV[5],
  math.floor((to - 1) / ${SLICE_MINUTES}))
for _, start in ipairs(found) do
  if left <= 0 then
    next = start
    break
  end
  local first = start * ${SLICE_MINUTES} - zero
  local slice = redis.call('HGETALL', sliceKey(number, id, start))
  left = left - #slice / 2
  for i = 1, #slice, 2 do
    local digit, kind = byte(slice[i], 1, 2)
    local minute = first + digit
    if kind == exposure and minute >= from and minute < to then
      local name = sub(slice[i], 3)
      sums[name] = (sums[name] or 0) + slice[i + 1]
    end
  end
end
local pairsOfSums = {}
for name, sum in pairs(sums) do
  table.insert(pairsOfSums, name)
  table.insert(pairsOfSums, string.format('%.0f', sum))
end
return { redis.call('HGETALL', attemptKey(number, id)), pairsOfSums, next }
`)

type Reply = readonly [fields: readonly string[], sums: readonly string[], next: string | undefined]

/** Cell, reason, and the name of the count. */
const COUNT_NAME = /^(\d+)\.\w+\.(\w)$/

/**
 * Returns a function that counts exposures by variant. Redis adds up the minutes of an attempt. It
 * would need as long to send them, and the server ten times as long to add them, in turns of
 * 100 ms.
 */
export function createExposureCounts({ run }: RedisStore, { attemptsOf }: EventReader) {
  async function* countsOf(
    { attempt, shard, log, id }: AttemptPlace,
    { from, to }: VariantCountQuery,
  ): AsyncGenerator<VariantCount> {
    const [first, end] = [Math.ceil(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)]
    let slice: number | string | undefined = Math.floor(first / SLICE_MINUTES)
    while (slice !== undefined) {
      const reply = await run(COUNT, shard, log, id, first, end, slice)
      const [fields, sums, next] = reply as Reply
      const { cells } = describeAttempt(attempt, fields)
      for (const [name, text] of pairsOf(sums)) {
        const [, index, part] = COUNT_NAME.exec(name)!
        const { scope, variant } = cells.get(index!)!
        const sum = Number(text)
        yield { scope, variant, count: part === 'c' ? sum : 0, units: part === 'u' ? sum : 0 }
      }
      slice = next
    }
  }

  return async (project: string, query: VariantCountQuery): Promise<readonly VariantCount[]> => {
    const found: VariantCount[] = []
    for (const place of await attemptsOf(project))
      if (isAttemptSelected(place.attempt, query))
        for await (const counts of countsOf(place, query)) found.push(counts)
    return countByVariant(found)
  }
}
