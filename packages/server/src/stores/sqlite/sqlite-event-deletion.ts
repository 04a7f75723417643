import type { DatabaseSync } from 'node:sqlite'
import type { LogName } from '../change-log.ts'
import { isFull, PRUNE_ROWS, type PrunePiece } from './sqlite-event-pruning.ts'
import type { UnitLog } from './sqlite-unit-log.ts'

/** First characters of a name that stands for a deleted project. No project's key has a space. */
const HIDDEN = 'deleted '
/** A range, for the index of the table. */
const IS_HIDDEN = `project >= '${HIDDEN}' AND project < '${HIDDEN.trim()}!'`

/**
 * The deletion of a project's events: hidden at once, and deleted in pieces. The ids of its batches
 * are random, and stay until they are old: a busy day has millions.
 */
export interface EventDeletion {
  /** Hides the events of a log's project, within the caller's transaction. */
  hide(log: LogName): void
  /** The pieces that delete hidden rows, in order. Each is called until it returns false. */
  readonly pieces: readonly PrunePiece[]
}

export function createEventDeletion(
  database: DatabaseSync,
  log: Pick<UnitLog, 'rows' | 'merging'>,
): EventDeletion {
  const prepare = (text: string) => database.prepare(text)
  const dropSums = (table: string, key: string) =>
    prepare(
      `DELETE FROM ${table} WHERE (${key}) IN (
         SELECT ${key} FROM attempts JOIN cells ON cells.attempt = attempts.id
         JOIN ${table} ON cell = cells.id WHERE ${IS_HIDDEN} LIMIT ?)`,
    )
  const hideAttempts = prepare('UPDATE attempts SET project = ? WHERE project = ?')
  const drops = [
    prepare(
      `DELETE FROM units WHERE (attempt, unit, revision) IN (
         SELECT units.attempt, unit, revision
         FROM attempts JOIN units ON units.attempt = attempts.id WHERE ${IS_HIDDEN} LIMIT ?)`,
    ),
    dropSums('exposures', 'cell, minute, reason'),
    dropSums('outcomes', 'cell, minute, metric'),
    dropSums('measurements', 'cell, minute, metric, bucket'),
  ]
  const hiddenAttempts = prepare(`SELECT id FROM attempts WHERE ${IS_HIDDEN}`)
  const dropAttempts = prepare(`DELETE FROM attempts WHERE ${IS_HIDDEN}`)

  return {
    hide({ project, epoch }) {
      hideAttempts.run(HIDDEN + epoch, project)
    },
    pieces: [
      ...drops.map((drop) => () => isFull(drop.run(PRUNE_ROWS))),
      // SQLite may use the ids of attempts again, so nothing may refer to them any more. A project
      // may have been deleted since. Its units that are logged wait for the next pruning.
      () => {
        if (drops.some((drop) => Number(drop.run(PRUNE_ROWS).changes) > 0)) return true
        const ids = new Set(hiddenAttempts.all().map(({ id }) => Number(id)))
        if (ids.size === 0) return false
        const isLogged = log.rows().hasAny(ids) || log.merging()?.hasAny(ids)
        if (!isLogged) dropAttempts.run()
        return false
      },
    ],
  }
}
