import { problem } from '../../errors.ts'
import { MINUTE_MS } from '../../time.ts'
import type { LogName } from '../change-log.ts'
import { type AttemptCopy, type EventPiece, inParts, type UnitCopy } from '../event-copy.ts'
import type { CellCounters } from '../event-counters.ts'
import { IMPORT_ATTEMPT, IMPORT_BATCHES } from './redis-event-script.ts'
import { attemptName, bytesOf, cellName, randomSalts } from './redis-event-writer.ts'
import type { RedisArgument, RedisStore } from './redis-store.ts'

/** Batches, counters or units of one script: some milliseconds. */
const BATCHES_AT_ONCE = 10_000
const COUNTERS_AT_ONCE = 5_000
const UNITS_AT_ONCE = 2_000

/** Adds a piece of another store's events. @throws {FlaghoistError} `PROJECT_NOT_FOUND` */
export async function importEvents(
  { shards, write }: RedisStore,
  { project, epoch }: LogName,
  { batches, attempts }: EventPiece,
): Promise<void> {
  const shard = shards.of(project)
  const send = async (script: typeof IMPORT_BATCHES, ...args: readonly RedisArgument[]) => {
    const reply = await write(script, shard, project, epoch, ...args)
    if (reply !== 'OK') throw problem('PROJECT_NOT_FOUND', { project })
  }
  for (const some of inParts(batches, BATCHES_AT_ONCE))
    await send(IMPORT_BATCHES, ...some.flatMap(([id, at]) => [at, id]))
  for (const copy of attempts) {
    await send(IMPORT_ATTEMPT, ...attemptArguments(copy, { counters: [], units: [] }))
    for (const counters of inParts(copy.cells.flatMap(countersOf), COUNTERS_AT_ONCE))
      await send(IMPORT_ATTEMPT, ...attemptArguments(copy, { counters, units: [] }))
    for (const units of inParts(copy.units, UNITS_AT_ONCE))
      await send(IMPORT_ATTEMPT, ...attemptArguments(copy, { counters: [], units }))
  }
}

/** A counter: its cell, its minute, `e` or `o`, its reason or metric, its part, and its value. */
type Counter = readonly [string, number, 'e' | 'o', string, string, number]

function countersOf({ cell, exposures, outcomes }: CellCounters): readonly Counter[] {
  const name = cellName(cell)
  const all: Counter[] = []
  for (const { minute, reason, count, units, first } of exposures.values())
    for (const [part, n] of Object.entries({ c: count, u: units, f: first }))
      all.push([name, minute / MINUTE_MS, 'e', reason, part, n])
  for (const { minute, metric, units, matured, histogram } of outcomes.values()) {
    const parts = [['u', units], ['m', matured], ...histogram] as const
    for (const [part, n] of parts)
      all.push([name, minute / MINUTE_MS, 'o', metric, String(part), n])
  }
  return all.filter(([, , , , , n]) => n > 0)
}

interface AttemptPart {
  readonly counters: readonly Counter[]
  readonly units: readonly UnitCopy[]
}

function attemptArguments(
  { attempt, at, metrics }: AttemptCopy,
  { counters, units }: AttemptPart,
): readonly RedisArgument[] {
  const maskOf = (counted: readonly string[]) =>
    counted.reduce((sum, metric) => sum + 2 ** metrics.indexOf(metric), 0)
  const items = {
    metrics,
    counters,
    units: units.map(({ metrics: counted, exposures }) => [
      maskOf(counted),
      ...exposures.flatMap(({ cell, minute }) => [cellName(cell), minute / MINUTE_MS]),
    ]),
  }
  const names = bytesOf(units.map(({ unit }) => unit))
  return [attemptName(attempt), at, JSON.stringify(items), names, ...randomSalts()]
}
