import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { problem } from '../../errors.ts'
import { type ChangeFeed, createChangeFeed } from '../change-feed.ts'
import type { LogName } from '../change-log.ts'
import type { BatchAdded, EventStore } from '../event-store.ts'
import { createGroupCommit, unitsOf } from '../group-commit.ts'
import { transaction } from './sqlite-database.ts'
import { guard, storeError } from './sqlite-errors.ts'
import { createCells } from './sqlite-event-cells.ts'
import { createEventDeletion } from './sqlite-event-deletion.ts'
import { exportEvents } from './sqlite-event-export.ts'
import { importEvents } from './sqlite-event-import.ts'
import { createEventPruning } from './sqlite-event-pruning.ts'
import { createEventSeries } from './sqlite-event-series.ts'
import { eventStatements } from './sqlite-event-statements.ts'
import { createEventSums } from './sqlite-event-sums.ts'
import { type EventTables, type ProjectBatch, writeBatches } from './sqlite-event-writer.ts'
import { createExposureCounts } from './sqlite-exposure-counts.ts'
import type { Reserve } from './sqlite-reserve.ts'
import { shrinkPiece } from './sqlite-shrinking.ts'
import { createUnitFilter } from './sqlite-unit-filter.ts'
import { createUnitLog } from './sqlite-unit-log.ts'
import { createUnits } from './sqlite-units.ts'

/** Units written in one transaction: some tens of ms. */
const MAX_UNITS_PER_COMMIT = 5_000

export interface SqliteEventStore extends EventStore {
  /**
   * Deletes the events of a log's project, within the caller's transaction. They cannot be found
   * from then on, and pruning deletes the rows.
   */
  drop(log: LogName): void
  /** Resolves when all pending batches are written. No pruning begins another piece afterwards. */
  settle(): Promise<void>
}

/** @param maxLoggedUnits rows of the log of units after which it is merged */
export function createSqliteEventStore(
  database: DatabaseSync,
  reserve: Reserve,
  maxLoggedUnits?: number,
): SqliteEventStore {
  const tables = createTables(database, maxLoggedUnits)
  const { sql, cells, counts, log: unitLog, filter } = tables
  const sums = createEventSums(database)
  const readSeries = createEventSeries(database)
  const changes = createChangeFeed()
  const deletion = createEventDeletion(database, unitLog)
  const pruning = [...deletion.pieces, ...createEventPruning(sql, cells)]
  const commit = createCommit(database, tables)
  const add = createAdd(tables, { commit, changes, reserve })
  const refuse = (error: unknown) => {
    throw storeError(error)
  }
  let isOpen = true
  /** Works piece by piece until none is left, or until the store closes. */
  const finish = async (work: () => boolean) => {
    while (isOpen && guard(work)) await nextTurn()
  }
  /** Merges the units that are logged now. */
  const drain = () => {
    const work = unitLog.drain()
    return finish(() => commit(work))
  }

  return {
    async add(project, batch) {
      const added = await add({ project, batch })
      if (added === undefined) throw problem('PROJECT_NOT_FOUND', { project })
      return added
    },
    exposures: (project, query) => sums.exposures(project, query).catch(refuse),
    variantCounts: (project, query) => counts.of(project, query).catch(refuse),
    lastExposures: (project, query) => sums.lastExposures(project, query).catch(refuse),
    outcomes: (project, query) => sums.outcomes(project, query).catch(refuse),
    series: (project, query) => readSeries(project, query).catch(refuse),
    async *export(project) {
      await drain()
      yield* exportEvents(database, project)
    },
    async import(log, piece) {
      reserve.require()
      const isOfLog = commit(() => importEvents(tables, { log, piece }))
      if (!isOfLog) throw problem('PROJECT_NOT_FOUND', log)
    },
    changedSince: async (cursor) => changes.since(cursor),
    async prune(limits) {
      // Units are pruned in their table alone. Logged ones are of attempts that are not old.
      await drain()
      for (const piece of pruning)
        await finish(() => {
          counts.forget()
          return transaction(database, () => piece(limits))
        })
      await finish(() => shrinkPiece(database))
      await finish(filter.readSome)
    },
    drop(log) {
      deletion.hide(log)
      cells.forget()
    },
    async settle() {
      await add.settled()
      isOpen = false
    },
  }
}

function createTables(database: DatabaseSync, maxLoggedUnits?: number) {
  const sql = eventStatements(database)
  const filter = createUnitFilter(database)
  const log = createUnitLog(database, filter, maxLoggedUnits)
  return {
    sql,
    cells: createCells(sql),
    counts: createExposureCounts(database),
    filter,
    log,
    units: createUnits(database, { log, filter }),
  }
}

type Commit = <T>(work: () => T) => T

/** Returns a function that runs work in a transaction, and forgets its traces if it fails. */
function createCommit(database: DatabaseSync, { cells, counts, log }: EventTables): Commit {
  return (work) => {
    try {
      return guard(() => transaction(database, work))
    } catch (error) {
      for (const part of [cells, counts, log]) part.forget()
      throw error
    }
  }
}

interface AddParts {
  readonly commit: Commit
  readonly changes: ChangeFeed
  readonly reserve: Reserve
}

/** Returns the function that adds a batch; undefined if its project has no log. */
function createAdd(tables: EventTables, { commit, changes, reserve }: AddParts) {
  const addGroup = (batches: readonly ProjectBatch[]) => {
    reserve.require()
    const { added, changed } = commit(() => writeBatches(tables, batches))
    changes.record(changed)
    return added
  }
  return createGroupCommit<ProjectBatch, BatchAdded | undefined>(addGroup, {
    weightOf: ({ batch }) => unitsOf(batch),
    maxWeight: MAX_UNITS_PER_COMMIT,
  })
}
