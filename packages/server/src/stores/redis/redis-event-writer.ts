import { randomInt } from 'node:crypto'
import { MINUTE_MS } from '../../time.ts'
import {
  ALIVE,
  ARM_REASONS,
  type BatchOutcome,
  type Cell,
  type EventBatch,
  MAX_METRICS,
} from '../event-store.ts'
import type { RedisArgument } from './redis-store.ts'

/** Random numbers below this keep their products with 32 bits exact. */
const MAX_SALT = 2 ** 20

/** Returns the arguments of the script that adds a batch, after its project. */
export function batchArguments(batch: EventBatch): readonly RedisArgument[] {
  const { id, at, maxMetrics, exposures, outcomes } = batch
  const items = {
    exposures: exposures.map((one) => {
      const { reason, count, units } = one
      return [...placeOf(one), reason, count, units.length]
    }),
    outcomes: outcomes.map((one) => [...placeOf(one), ...valuesOf(one)]),
  }
  const units = Buffer.concat([...exposures, ...outcomes].map(({ units: names }) => bytesOf(names)))
  const limit = Math.min(maxMetrics, MAX_METRICS)
  return [id, at, limit, JSON.stringify(items), units, ...randomSalts()]
}

/** Returns the random numbers of a new attempt, which place its units. */
export function randomSalts(): readonly [number, number] {
  return [randomInt(1, MAX_SALT), randomInt(1, MAX_SALT)]
}

/** The attempt, the cell within it, and the minute of an item. */
function placeOf(item: Cell & { readonly minute: number }): readonly [string, string, number] {
  return [attemptName(item), cellName(item), item.minute / MINUTE_MS]
}

/** Returns the name of a cell within its attempt. */
export function cellName({ revision, variant, arm, split }: Cell): string {
  // An older server reads the first three parts only; a cell without a split has its old name.
  return [revision, variant, arm, ...(split ? [split] : [])].join(' ')
}

function valuesOf({ arm, metric, units, buckets, ofKnown }: BatchOutcome) {
  const flags = [metric === ALIVE ? 1 : 0, buckets ?? 0, ofKnown ? 1 : 0]
  return [ARM_REASONS[arm], metric, units.length, ...flags]
}

/** Returns the name of an attempt among those of its project. */
export function attemptName({ flag, scope, attempt }: Pick<Cell, 'flag' | 'scope' | 'attempt'>) {
  return `${flag} ${scope} ${attempt}`
}

/** Parses the name of an attempt. */
export function parseAttemptName(name: string): Pick<Cell, 'flag' | 'scope' | 'attempt'> {
  const [flag, scope, attempt] = name.split(' ')
  return { flag: flag!, scope: scope!, attempt: Number(attempt) }
}

/** Converts units of 16 hexadecimal digits to 8 bytes each. */
export function bytesOf(units: readonly string[]): Buffer {
  return Buffer.from(units.map((unit) => unit.padStart(16, '0')).join(''), 'hex')
}
