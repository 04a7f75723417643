import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { problem } from '../../errors.ts'
import { createChangeFeed } from '../change-feed.ts'
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
import { type ProjectBatch, writeBatches } from './sqlite-event-writer.ts'
import type { Reserve } from './sqlite-reserve.ts'
import { shrinkPiece } from './sqlite-shrinking.ts'

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

export function createSqliteEventStore(database: DatabaseSync, reserve: Reserve): SqliteEventStore {
  const sql = eventStatements(database)
  const cells = createCells(sql)
  const sums = createEventSums(database)
  const readSeries = createEventSeries(database)
  const changes = createChangeFeed()
  const deletion = createEventDeletion(database)
  const pruning = [...deletion.pieces, ...createEventPruning(sql, cells)]
  const add = createGroupCommit<ProjectBatch, BatchAdded | undefined>(
    (batches) => {
      reserve.require()
      try {
        const { added, changed } = guard(() =>
          transaction(database, () => writeBatches(sql, cells, batches)),
        )
        changes.record(changed)
        return added
      } catch (error) {
        cells.forget() // The transaction took them back.
        throw error
      }
    },
    { weightOf: ({ batch }) => unitsOf(batch), maxWeight: MAX_UNITS_PER_COMMIT },
  )
  const refuse = (error: unknown) => {
    throw storeError(error)
  }
  let isOpen = true

  return {
    async add(project, batch) {
      const added = await add({ project, batch })
      if (added === undefined) throw problem('PROJECT_NOT_FOUND', { project })
      return added
    },
    exposures: (project, query) => sums.exposures(project, query).catch(refuse),
    outcomes: (project, query) => sums.outcomes(project, query).catch(refuse),
    series: (project, query) => readSeries(project, query).catch(refuse),
    export: (project) => exportEvents(database, project),
    async import(log, piece) {
      reserve.require()
      const isOfLog = guard(() =>
        transaction(database, () => importEvents(sql, cells, { log, piece })),
      )
      if (!isOfLog) throw problem('PROJECT_NOT_FOUND', log)
    },
    changedSince: async (cursor) => changes.since(cursor),
    async prune(limits) {
      for (const prunePiece of pruning)
        while (isOpen && guard(() => transaction(database, () => prunePiece(limits))))
          await nextTurn()
      while (isOpen && guard(() => shrinkPiece(database))) await nextTurn()
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
