import { MINUTE_MS } from '../../time.ts'
import type { AttemptCopy, EventPiece, UnitCopy } from '../event-copy.ts'
import { EVENT_KEYS } from './redis-event-keys.ts'
import { type AttemptPlace, describeAttempt, type EventReader } from './redis-event-reader.ts'
import { UNITS } from './redis-event-units.ts'
import { pairsOf } from './redis-pairs.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
/** Batches that one script reads. */
const BATCHES_AT_ONCE = 10_000
/** Hashes of units that one script reads: some milliseconds. */
const HASHES_AT_ONCE = 50

/** Reads the events of a project in pieces. */
export async function* exportEvents(
  store: RedisStore,
  { attemptsOf, countersOf }: EventReader,
  project: string,
): AsyncGenerator<EventPiece> {
  for await (const batches of readBatches(store, project)) yield { batches, attempts: [] }
  for (const place of await attemptsOf(project)) {
    const { attempt, shard, log, id } = place
    const reply = await store.run(ATTEMPT, shard, log, id)
    const [at, fields] = reply as readonly [string, readonly string[]]
    const names = describeAttempt(attempt, fields)
    const copy = { attempt, at: Number(at), metrics: metricsOf(names), cells: [], units: [] }
    yield piece({ ...copy, cells: await countersOf(place, ALL) })
    for await (const units of readUnits(store, place, names)) yield piece({ ...copy, units })
  }
}

type Names = ReturnType<typeof describeAttempt>

function metricsOf({ metrics }: Names): readonly string[] {
  return Array.from({ length: metrics.size }, (_, i) => metrics.get(`${i}`)!)
}

function piece(copy: AttemptCopy): EventPiece {
  return { batches: [], attempts: [copy] }
}

async function* readBatches(
  { shards, run }: RedisStore,
  project: string,
): AsyncGenerator<EventPiece['batches']> {
  for (let from = 0; ; from += BATCHES_AT_ONCE) {
    const texts = await run(BATCHES, shards.of(project), project, from)
    const batches = pairsOf(texts as string[]).map(([id, at]) => [id, Number(at)] as const)
    if (batches.length === 0) return
    yield batches
  }
}

async function* readUnits(
  { run }: RedisStore,
  { shard, log, id }: AttemptPlace,
  names: Names,
): AsyncGenerator<readonly UnitCopy[]> {
  for (let from = 0, isLast = false; !isLast; from += HASHES_AT_ONCE) {
    const [more, units] = (await run(UNITS_OF, shard, log, id, from)) as [number, UnitReply[]]
    if (units.length > 0) yield units.map((unit) => unitOf(unit, names))
    isLast = more === 0
  }
}

/** The digits of a unit, the bits of its metrics, and the cell and minute of each exposure. */
type UnitReply = readonly [unit: string, metrics: number, ...exposures: number[]]

function unitOf([unit, mask, ...numbers]: UnitReply, names: Names): UnitCopy {
  const counted = metricsOf(names).filter((_, bit) => Math.floor(mask / 2 ** bit) % 2 === 1)
  const exposures = Array.from({ length: numbers.length / 2 }, (_, i) => {
    return { cell: names.cells.get(`${numbers[2 * i]}`)!, minute: numbers[2 * i + 1]! * MINUTE_MS }
  })
  return { unit, metrics: counted, exposures }
}

/** Arguments: project, number of batches to skip. Returns pairs of id and time. */
const BATCHES = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if not epoch then return {} end
local from = tonumber(ARGV[2])
return redis.call('ZRANGE', keyOf(number, 'batches'), from, from + ${BATCHES_AT_ONCE - 1}, 'WITHSCORES')
`)

/** Arguments: number of the log, attempt. Returns the time of its latest event, and its hash. */
const ATTEMPT = redisScript(`${EVENT_KEYS}
return { redis.call('ZSCORE', keyOf(ARGV[1], 'ages'), ARGV[2]),
  redis.call('HGETALL', attemptKey(ARGV[1], ARGV[2])) }
`)

/** Arguments: number of the log, attempt, first hash. Returns 1 if there are more hashes. */
const UNITS_OF = redisScript(`${EVENT_KEYS}${UNITS}
local number, id, from = ARGV[1], ARGV[2], tonumber(ARGV[3])
local base, level, split, generation = unpack(redis.call('HMGET', attemptKey(number, id),
  'base', 'level', 'split', 'generation'))
local attempt = { number = number, id = id, base = tonumber(base), generation = generation }
local last = 2 ^ tonumber(level) + tonumber(split) - 1
local to, units = math.min(from + ${HASHES_AT_ONCE - 1}, last), {}
for n = from, to do
  local all = redis.call('HGETALL', hashAt(attempt, n))
  for i = 1, #all, 2 do
    local text = all[i + 1]
    local metrics, place = unpackAt(text, 1)
    local unit = { string.format(string.rep('%02x', 8), byte(all[i], 1, 8)), metrics }
    while place <= #text do
      local cell, minute
      cell, place = unpackAt(text, place)
      minute, place = unpackAt(text, place)
      unit[#unit + 1], unit[#unit + 2] = cell, unpackMinute(attempt, minute)
    end
    units[#units + 1] = unit
  end
end
return { to < last and 1 or 0, units }
`)
