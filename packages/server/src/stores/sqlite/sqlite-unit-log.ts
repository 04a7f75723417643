import type { DatabaseSync } from 'node:sqlite'
import type { UnitFilter } from './sqlite-unit-filter.ts'
import { createUnitMerge, type UnitMerge } from './sqlite-unit-merge.ts'
import { ROW_BYTES, UnitRows } from './sqlite-unit-rows.ts'

/** Rows of the log after which it is merged: with those of a last commit 2 ** 18, or 14 MB. */
const MAX_LOGGED = 250_000
/** Rows merged for each row logged: a merge ends before the next one begins. */
const MERGED_PER_LOGGED = 2
/** Rows merged by one piece of work: some milliseconds. */
const MERGED_PER_PIECE = 4_000

/**
 * The table `unit_log`, with its rows in memory. A commit of new units would touch as many pages of
 * the table `units` as it has units, because they are hashes. It therefore appends a blob to the
 * log. When the log is long, its rows are merged into the table in the order of their keys, some
 * with every commit, so that a page is written once for many units.
 *
 * A unit with a row in memory has all its rows there, and they are newer than those of the table.
 * Rows that are being merged change no more: a unit that changes meanwhile is logged again. After
 * a crash, the log is read whole, and rows that were merged before are merged once more.
 */
export interface UnitLog {
  /** Returns the rows to write. Those that are added are logged by the next call of `write`. */
  rows(): UnitRows
  /** Returns the rows that are being merged. */
  merging(): UnitRows | undefined
  /** To be called when a row changes. */
  changed(row: number): void
  /** Logs the rows that were added or changed, within the transaction of their batches. */
  write(): void
  /** Returns a function that merges the rows of this moment, some per call; true if not done. */
  drain(): () => boolean
  /** Forgets the rows in memory after a rollback. The next call reads the log again. */
  forget(): void
}

/** The rows that are not merged yet. */
interface Pending {
  rows: UnitRows
  /** Number of rows that are logged. */
  logged: number
  /** Numbers of logged rows that have changed since. */
  readonly changed: Set<number>
  /** Number of rows in the log since the last merge began, some of them several times. */
  logLength: number
  /** Key of the latest row of the table. */
  lastKey: number
  merge: UnitMerge | undefined
}

/**
 * @param filter receives the units that are merged
 * @param maxLogged rows of the log after which it is merged
 */
export function createUnitLog(
  database: DatabaseSync,
  filter: UnitFilter,
  maxLogged = MAX_LOGGED,
): UnitLog {
  const read = database.prepare('SELECT id, rows FROM unit_log ORDER BY id')
  const insert = database.prepare('INSERT INTO unit_log (rows) VALUES (?)')
  const startMerge = createUnitMerge(database, filter)
  const load = () => pendingOf(read.iterate() as Iterable<LogEntry>)
  let loaded: Pending | undefined = load()
  const pending = () => (loaded ??= load())

  const begin = (now: Pending) => {
    now.merge = startMerge(now.rows, now.lastKey)
    Object.assign(now, { rows: new UnitRows(), logged: 0, logLength: 0 })
  }
  /** Returns true if more is left. */
  const mergeSome = (now: Pending, count: number): boolean => {
    if (now.merge?.some(count)) return true
    now.merge = undefined
    return false
  }

  return {
    rows: () => pending().rows,
    merging: () => pending().merge?.rows,
    changed(row) {
      const { changed, logged } = pending()
      if (row < logged) changed.add(row)
    },
    write() {
      const now = pending()
      const count = now.rows.size - now.logged + now.changed.size
      if (count === 0) return
      now.lastKey = Number(insert.run(newBytes(now)).lastInsertRowid)
      now.logged = now.rows.size
      now.logLength += count
      now.changed.clear()
      if (now.merge !== undefined) mergeSome(now, MERGED_PER_LOGGED * count)
      else if (now.logLength >= maxLogged) begin(now)
    },
    drain() {
      // After a rollback, all rows of the log are to be merged again.
      let begunIn: Pending | undefined
      return () => {
        const now = pending()
        if (mergeSome(now, MERGED_PER_PIECE)) return true
        if (begunIn === now || now.rows.size === 0) return false
        begunIn = now
        begin(now)
        return true
      }
    },
    forget() {
      loaded = undefined
    },
  }
}

interface LogEntry {
  readonly id: number
  readonly rows: Uint8Array
}

function pendingOf(log: Iterable<LogEntry>): Pending {
  const rows = new UnitRows()
  let [logLength, lastKey] = [0, 0]
  for (const { id, rows: bytes } of log) {
    for (let at = 0; at < bytes.length; at += ROW_BYTES)
      rows.put(bytes.subarray(at, at + ROW_BYTES))
    logLength += bytes.length / ROW_BYTES
    lastKey = id
  }
  return { rows, logged: rows.size, changed: new Set(), logLength, lastKey, merge: undefined }
}

/** Returns the rows that were added or changed, in the form of the log. */
function newBytes({ rows, logged, changed }: Pending): Uint8Array {
  const added = rows.bytesOf(logged, rows.size)
  const all = new Uint8Array(added.length + changed.size * ROW_BYTES)
  all.set(added)
  let end = added.length
  for (const row of changed) {
    all.set(rows.bytesOf(row), end)
    end += ROW_BYTES
  }
  return all
}
