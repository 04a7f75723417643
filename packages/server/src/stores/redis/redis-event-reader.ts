import type { Reason } from '@flaghoist/core'
import { getOrSet } from '../../get-or-set.ts'
import { MINUTE_MS } from '../../time.ts'
import {
  addToHistogram,
  type CellCounters,
  exposureCounter,
  newCellCounters,
  outcomeCounter,
} from '../event-counters.ts'
import type { Cell } from '../event-store.ts'
import { EVENT_KEYS, SLICE_MINUTES, SLICE_MS } from './redis-event-keys.ts'
import { parseAttemptName } from './redis-event-writer.ts'
import { pairsOf } from './redis-pairs.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

type Attempt = Pick<Cell, 'flag' | 'scope' | 'attempt'>

/** A range of minutes, epoch ms. */
export interface MinuteRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** An attempt of a flag in a scope, and the place of its keys. */
export interface AttemptPlace {
  readonly attempt: Attempt
  readonly shard: string
  /** Number of the log, and that of the attempt. */
  readonly log: string
  readonly id: string
}

/** Reads the counters of attempts. */
export function createEventReader({ shards, run }: RedisStore) {
  const attemptsOf = async (project: string): Promise<readonly AttemptPlace[]> => {
    const shard = shards.of(project)
    const [log, ...texts] = (await run(ATTEMPTS, shard, project)) as string[]
    return pairsOf(texts).map(([name, id]) => {
      return { attempt: parseAttemptName(name), shard, log: log!, id }
    })
  }
  const countersOf = async ({ attempt, shard, log, id }: AttemptPlace, range: MinuteRange) => {
    const counters = createCounters(attempt)
    const last = Math.ceil(range.to / SLICE_MS)
    let first: number | undefined = Math.floor(range.from / SLICE_MS)
    while (first !== undefined) {
      const [fields, starts, slices] = (await run(SLICES, shard, log, id, first, last)) as Slices
      counters.describe(fields)
      for (const [i, start] of starts.entries()) counters.add(Number(start), slices[i]!)
      first = starts.length === 0 ? undefined : Number(starts.at(-1)) + 1
    }
    return counters.cells()
  }

  return {
    attemptsOf,
    countersOf,
    /** Returns the last minute with an exposure, epoch ms; undefined without one. */
    async lastExposureOf({ shard, log, id }: AttemptPlace): Promise<number | undefined> {
      const [start, digit] = (await run(LAST_EXPOSURE, shard, log, id)) as [string?, number?]
      if (start === undefined || digit === undefined) return undefined
      return (Number(start) * SLICE_MINUTES + digit) * MINUTE_MS
    },
    /** Reads the counters of some attempts of a project. */
    async read(
      project: string,
      range: MinuteRange,
      isSelected: (attempt: Attempt) => boolean,
    ): Promise<readonly CellCounters[]> {
      const cells: CellCounters[] = []
      for (const place of await attemptsOf(project))
        if (isSelected(place.attempt)) cells.push(...(await countersOf(place, range)))
      return cells
    },
  }
}

export type EventReader = ReturnType<typeof createEventReader>

/** Argument: project. Returns the number of its log, and pairs of attempt and number. */
const ATTEMPTS = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if not epoch then return {} end
local all = redis.call('HGETALL', keyOf(number, 'attempts'))
table.insert(all, 1, number)
return all
`)

/** Fields that one script reads: some milliseconds. */
const FIELDS_AT_ONCE = 20_000
const SLICES_AT_ONCE = 1_000

/**
 * Arguments: number of the log, attempt, first and last slice. Returns the fields of the attempt,
 * and some slices from the first one on with their fields; none at the end.
 */
const SLICES = redisScript(`${EVENT_KEYS}
local number, id, left = ARGV[1], ARGV[2], ${FIELDS_AT_ONCE}
local found = redis.call('ZRANGEBYSCORE', slicesKey(number, id), ARGV[3], ARGV[4],
  'LIMIT', 0, ${SLICES_AT_ONCE})
local starts, slices = {}, {}
for i, start in ipairs(found) do
  starts[i], slices[i] = start, redis.call('HGETALL', sliceKey(number, id, start))
  left = left - #slices[i]
  if left <= 0 then break end
end
return { redis.call('HGETALL', attemptKey(number, id)), starts, slices }
`)

/**
 * Arguments: number of the log, attempt. Returns the latest slice with an exposure, and its last
 * minute there; nothing without one.
 */
const LAST_EXPOSURE = redisScript(`${EVENT_KEYS}
local number, id = ARGV[1], ARGV[2]
local rank = 0
while true do
  local start = redis.call('ZREVRANGE', slicesKey(number, id), rank, rank)[1]
  if not start then return {} end
  local last
  for _, field in ipairs(redis.call('HKEYS', sliceKey(number, id, start))) do
    local digit = tonumber(string.match(field, '^(%d)e'))
    if digit and (not last or digit > last) then last = digit end
  end
  if last then return { start, last } end
  rank = rank + 1
end
`)

type Slices = readonly [
  fields: readonly string[],
  starts: readonly string[],
  slices: readonly (readonly string[])[],
]

/** The counters of an attempt under construction. */
function createCounters(attempt: Attempt) {
  const counters = new Map<string, CellCounters>()
  let { cells, metrics } = describeAttempt(attempt, [])
  return {
    cells: () => [...counters.values()],
    /** Notes the cells and metrics of the attempt. */
    describe(fields: readonly string[]): void {
      ;({ cells, metrics } = describeAttempt(attempt, fields))
    },
    /** Adds the counters of a slice. */
    add(start: number, slice: readonly string[]): void {
      for (const [field, text] of pairsOf(slice)) {
        const [, digit, kind, index, name, part] = FIELD.exec(field)!
        const minute = (start * SLICE_MINUTES + Number(digit)) * MINUTE_MS
        const counter = getOrSet(counters, index!, () => newCellCounters(cells.get(index!)!))
        if (kind === 'e')
          addExposures(exposureCounter(counter, minute, name as Reason), part!, text)
        else addOutcomes(outcomeCounter(counter, minute, metrics.get(name!)!), part!, text)
      }
    },
  }
}

/** Returns the cells and metrics of an attempt by their indexes. @param fields those of its hash */
export function describeAttempt(attempt: Attempt, fields: readonly string[]) {
  const cells = new Map<string, Cell>()
  const metrics = new Map<string, string>()
  for (const [field, index] of pairsOf(fields)) {
    const rest = field.slice(2)
    if (field.startsWith('m:')) metrics.set(index, rest)
    if (field.startsWith('c:')) cells.set(index, { ...attempt, ...parseCell(rest) })
  }
  return { cells, metrics }
}

/** Minute of the slice, kind, cell, reason or metric, and the name of the count. */
const FIELD = /^(\d)([eo])(\d+)\.(\w+)\.(\w+)$/

function parseCell(name: string): Pick<Cell, 'revision' | 'variant' | 'arm' | 'split'> {
  const [revision, variant, arm, split = ''] = name.split(' ')
  return { revision: Number(revision), variant: variant!, arm: arm as Cell['arm'], split }
}

function addExposures(counter: ReturnType<typeof exposureCounter>, part: string, text: string) {
  const n = Number(text)
  if (part === 'c') counter.count += n
  else if (part === 'u') counter.units += n
  else counter.first += n
}

function addOutcomes(counter: ReturnType<typeof outcomeCounter>, part: string, text: string) {
  const n = Number(text)
  if (part === 'u') counter.units += n
  else if (part === 'm') counter.matured += n
  else addToHistogram(counter, Number(part), n)
}
