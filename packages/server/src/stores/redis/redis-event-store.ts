import { problem } from '../../errors.ts'
import { minutesOf } from '../event-minutes.ts'
import type { AttemptKey, BatchAdded, EventBatch, EventStore } from '../event-store.ts'
import { isAttemptSelected, sumExposures, sumOutcomes } from '../event-sums.ts'
import { createGroupCommit, unitsOf } from '../group-commit.ts'
import { lastByScope } from '../last-by-scope.ts'
import { exportEvents } from './redis-event-export.ts'
import { importEvents } from './redis-event-import.ts'
import { createEventPruning } from './redis-event-pruning.ts'
import { createEventReader } from './redis-event-reader.ts'
import { ADD, CHANGED_SINCE } from './redis-event-script.ts'
import { attemptName, batchArguments, parseAttemptName } from './redis-event-writer.ts'
import { createExposureCounts } from './redis-exposure-counts.ts'
import type { RedisStore } from './redis-store.ts'

/** Units that wait in Redis at once: some tens of ms, in which it does no other work. */
const MAX_UNITS_AT_ONCE = 2_000

interface Item {
  readonly project: string
  readonly batch: EventBatch
}

export interface RedisEventStore extends EventStore {
  /** Resolves when all waiting batches are added. No pruning begins another piece afterwards. */
  settle(): Promise<void>
}

export function createRedisEventStore(store: RedisStore): RedisEventStore {
  const { shards, write } = store
  const reader = createEventReader(store)
  const { read } = reader
  let isOpen = true

  const add = createGroupCommit<Item, PromiseSettledResult<BatchAdded>>(
    (items) =>
      Promise.allSettled(
        items.map(async ({ project, batch }) => {
          const reply = await write(ADD, shards.of(project), project, ...batchArguments(batch))
          return addedOf(project, reply)
        }),
      ),
    { weightOf: ({ batch }) => unitsOf(batch), maxWeight: MAX_UNITS_AT_ONCE },
  )

  return {
    async add(project, batch) {
      const result = await add({ project, batch })
      if (result.status === 'rejected') throw result.reason
      return result.value
    },
    async exposures(project, query) {
      return sumExposures(await read(project, query, (one) => isAttemptSelected(one, query)), query)
    },
    variantCounts: createExposureCounts(store, reader),
    async lastExposures(project, query) {
      const selected = (await reader.attemptsOf(project)).filter(({ attempt }) =>
        isAttemptSelected(attempt, query),
      )
      const found = await Promise.all(
        selected.map(async (place) => {
          const minute = await reader.lastExposureOf(place)
          return minute === undefined ? [] : [{ scope: place.attempt.scope, minute }]
        }),
      )
      return lastByScope(found.flat(), query)
    },
    async outcomes(project, query) {
      return sumOutcomes(await read(project, query, (one) => isAttemptSelected(one, query)), query)
    },
    async series(project, query) {
      const name = attemptName(query)
      return minutesOf(await read(project, query, (one) => attemptName(one) === name), query)
    },
    export: (project) => exportEvents(store, reader, project),
    import: (log, piece) => importEvents(store, log, piece),
    changedSince: (cursor) => changedSince(store, cursor),
    prune: createEventPruning(store, () => isOpen),
    async settle() {
      isOpen = false
      await add.settled()
    },
  }
}

function addedOf(project: string, reply: unknown): BatchAdded {
  const [status, dropped = 0, ...counts] = reply as [string, number?, ...(string | number)[]]
  if (status === 'NO_LOG') throw problem('PROJECT_NOT_FOUND', { project })
  const newUnits = new Map<AttemptKey, number>()
  for (let i = 0; i < counts.length; i += 2)
    newUnits.set({ project, ...parseAttemptName(String(counts[i])) }, Number(counts[i + 1]))
  return { isNew: status === 'ADDED', newUnits, dropped }
}

/** A cursor holds the number of the latest change in each shard. */
async function changedSince({ shards, run }: RedisStore, cursor: string | undefined) {
  const known = cursor?.split('.').map(Number)
  const isValid = known?.length === shards.all.length && known.every(Number.isSafeInteger)
  const found = await Promise.all(
    shards.all.map(async (shard, i) => {
      const reply = await run(CHANGED_SINCE, shard, isValid ? known[i]! : 'inf')
      return parseChanged(reply)
    }),
  )
  const isKnown =
    isValid && found.every(({ now, forgotten }, i) => forgotten <= known[i]! && known[i]! <= now)
  const attempts = found.flatMap((one) => one.attempts)
  return {
    cursor: found.map(({ now }) => now).join('.'),
    attempts: isKnown ? attempts.sort((a, b) => (a.project < b.project ? -1 : 1)) : undefined,
  }
}

function parseChanged(reply: unknown) {
  const [now, forgotten, changed, logs] = reply as [string, string, string[], string[]]
  // The number of a log is the last part of its text.
  const projects = new Map<string, string>()
  for (let i = 0; i < logs.length; i += 2) projects.set(logs[i + 1]!.split(' ')[2]!, logs[i]!)
  const attempts = changed.flatMap((text): AttemptKey[] => {
    const [, number, name] = /^(\d+) (.*)$/.exec(text)!
    const project = projects.get(number!)
    return project === undefined ? [] : [{ project, ...parseAttemptName(name!) }]
  })
  return { now: Number(now), forgotten: Number(forgotten), attempts }
}
