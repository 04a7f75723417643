import type { DatabaseSync } from 'node:sqlite'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import type {
  AppendTerms,
  ChangeLog,
  LogHead,
  LogName,
  LogPosition,
  Receipt,
} from '../change-log.ts'
import { changeText } from '../change-text.ts'
import {
  type ChangeText,
  hashMember,
  headOfDeleted,
  newEpoch,
  parseChanges,
  positionBefore,
  requireEnd,
  requireHead,
  requireLog,
} from '../log-rules.ts'
import type { LogWatch } from '../log-watch.ts'
import { createSqliteCheckpoints } from './sqlite-checkpoints.ts'
import { transaction } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import { createFenceCheck } from './sqlite-leases.ts'
import { createSqliteReceipts } from './sqlite-receipts.ts'
import { type Reserve, withReserve } from './sqlite-reserve.ts'

export interface SqliteChangeLogOptions {
  readonly database: DatabaseSync
  readonly watch: LogWatch
  readonly reserve: Reserve
  /** Deletes the events of a log's project, within the transaction that deletes the log. */
  readonly dropEvents: (log: LogName) => void
}

/** A change log in SQLite. Closing the database ends its watch. */
export function createSqliteChangeLog({
  database,
  watch: { watch, announce },
  reserve,
  dropEvents,
}: SqliteChangeLogOptions): ChangeLog {
  const sql = logStatements(database)
  const receipts = createSqliteReceipts(database)
  const logs = createLogs(database, { sql, receipts, dropEvents })
  const { append } = logs
  const commit = <T>(work: () => T): T => guard(() => transaction(database, work))
  /** Runs a write that leaves the reserve to urgent ones. */
  const write = <T>(work: () => T): T => {
    reserve.require()
    return commit(work)
  }

  return {
    heads: async () => guard(() => sql.heads.all() as unknown as LogHead[]),
    head: async (project) => guard(() => logs.find(project)),
    create: async (project, epoch = newEpoch()) => write(() => logs.create(project, epoch)),
    fill: async (log, changes) => write(() => logs.fill(log, changes)),
    finish: async (head) => announce(write(() => logs.finish(head))),
    append: async (log, change, terms) => announce(write(() => append(log, change, terms))),
    async appendUrgent(log, change, terms) {
      announce(withReserve(reserve, () => commit(() => append(log, change, terms))))
    },
    async confirm(log, end, receipt) {
      const confirm = () => logs.confirm(log, end, receipt)
      return receipt === undefined ? guard(confirm) : write(confirm)
    },
    delete: async (head) => announce(write(() => logs.drop(head))),
    async read(project, after, limit) {
      const rows = guard(() => sql.read.all(project, after, limit)) as unknown as ChangeText[]
      return parseChanges(project, rows)
    },
    ...createSqliteCheckpoints(database, reserve),
    receipt: async (project, key) => guard(() => receipts.find(project, key)),
    receipts: async (project) => guard(() => receipts.all(project)),
    keepReceipt: async (project, receipt) => write(() => receipts.keep(project, receipt)),
    pruneReceipts: async (before) => guard(() => receipts.prune(before)),
    watch,
  }
}

interface LogParts extends Pick<SqliteChangeLogOptions, 'dropEvents'> {
  readonly sql: ReturnType<typeof logStatements>
  readonly receipts: ReturnType<typeof createSqliteReceipts>
}

/** The logs. Each write runs within the transaction of its caller, and returns the new head. */
function createLogs(database: DatabaseSync, { sql, receipts, dropEvents }: LogParts) {
  const find = (project: string) => sql.head.get(project) as LogHead | undefined
  const checkFence = createFenceCheck(database)
  /** The ends of logs, as far as known: a search in a stored change of 25 MB takes 100 ms. */
  const ends = new Map<string, LogPosition & Pick<LogName, 'epoch'>>()
  const requireEndOf = (head: LogHead, end: LogPosition): void => {
    const { project, epoch, version } = head
    const known = ends.get(project)
    requireEnd(head, end, (hash) =>
      known?.seq === version && known.epoch === epoch
        ? known.hash === hash
        : sql.holds.get(hashMember(hash), project, version) !== undefined,
    )
    ends.set(project, { epoch, ...end })
  }
  return {
    find,
    create(project: string, epoch: string): LogHead {
      if (find(project) !== undefined) throw problem('PROJECT_EXISTS', { project })
      sql.create.run(project, epoch)
      return { project, epoch, version: 0 }
    },
    fill(log: LogName, changes: readonly Change[]): void {
      requireHead({ ...log, version: 0 }, find(log.project))
      for (const change of changes) sql.append.run(log.project, change.seq, changeText(change))
    },
    finish(head: LogHead): LogHead {
      requireHead({ ...head, version: 0 }, find(head.project))
      sql.advance.run(head.version, head.project)
      return head
    },
    append(log: LogName, change: Change, { receipt, fence }: AppendTerms = {}): LogHead {
      const { project } = log
      const head = requireLog(log, find(project))
      checkFence(fence)
      requireEndOf(head, positionBefore(change))
      sql.append.run(project, change.seq, changeText(change))
      sql.advance.run(change.seq, project)
      ends.set(project, { epoch: head.epoch, seq: change.seq, hash: change.hash })
      if (receipt !== undefined) receipts.keep(project, receipt)
      return { ...head, version: change.seq }
    },
    confirm(log: LogName, end: LogPosition, receipt: Receipt | undefined): void {
      requireEndOf(requireLog(log, find(log.project)), end)
      if (receipt !== undefined) receipts.keep(log.project, receipt)
    },
    drop(head: LogHead): LogHead {
      requireHead(head, find(head.project))
      for (const statement of sql.drop) statement.run(head.project)
      dropEvents(head)
      return headOfDeleted(head)
    },
  }
}

function logStatements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  return {
    heads: prepare('SELECT project, epoch, version FROM logs ORDER BY project'),
    head: prepare('SELECT project, epoch, version FROM logs WHERE project = ?'),
    create: prepare('INSERT INTO logs (project, epoch, version) VALUES (?, ?, 0)'),
    append: prepare('INSERT INTO changes (project, seq, change) VALUES (?, ?, ?)'),
    holds: prepare('SELECT 1 FROM changes WHERE instr(change, ?) > 0 AND project = ? AND seq = ?'),
    advance: prepare('UPDATE logs SET version = ? WHERE project = ?'),
    read: prepare(
      'SELECT seq, change FROM changes WHERE project = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    // The changes of a log refer to it, so it is the last.
    drop: [
      'changes',
      'checkpoints',
      'receipts',
      'key_uses',
      'outbox_cursors',
      'deliveries',
      'logs',
    ].map((table) => prepare(`DELETE FROM ${table} WHERE project = ?`)),
  }
}
