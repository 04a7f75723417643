import type { DatabaseSync } from 'node:sqlite'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import type { AppendTerms, ChangeLog, LogHead, LogName, Receipt } from '../change-log.ts'
import { changeText } from '../change-text.ts'
import {
  headOfDeleted,
  newEpoch,
  parseChange,
  requireHead,
  requireLog,
  requireNextSeq,
} from '../log-rules.ts'
import type { LogWatch } from '../log-watch.ts'
import { createSqliteCheckpoints } from './sqlite-checkpoints.ts'
import { transaction } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import { createFenceCheck } from './sqlite-leases.ts'
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
  const find = (project: string) => sql.head.get(project) as LogHead | undefined
  const keepReceipt = (project: string, receipt: Receipt) => {
    const { key, fingerprint, status, body, etag, at } = receipt
    sql.keepReceipt.run(project, key, fingerprint, status, body, etag ?? null, at)
  }
  const checkFence = createFenceCheck(database)
  const append = (log: LogName, change: Change, { receipt, fence }: AppendTerms = {}): LogHead => {
    const { project } = log
    const head = requireLog(log, find(project))
    checkFence(fence)
    requireNextSeq(head, change.seq)
    sql.append.run(project, change.seq, changeText(change))
    sql.advance.run(change.seq, project)
    if (receipt !== undefined) keepReceipt(project, receipt)
    return { ...head, version: change.seq }
  }
  const create = (project: string): LogHead => {
    if (find(project) !== undefined) throw problem('PROJECT_EXISTS', { project })
    const epoch = newEpoch()
    sql.create.run(project, epoch)
    return { project, epoch, version: 0 }
  }
  const drop = (head: LogHead): LogHead => {
    requireHead(head, find(head.project))
    for (const statement of sql.drop) statement.run(head.project)
    dropEvents(head)
    return headOfDeleted(head)
  }

  /** Runs a write that leaves the reserve to urgent ones. */
  const write = <T>(work: () => T): T => {
    reserve.require()
    return guard(() => transaction(database, work))
  }

  return {
    heads: async () => guard(() => sql.heads.all() as unknown as LogHead[]),
    head: async (project) => guard(() => find(project)),
    create: async (project) => write(() => create(project)),
    append: async (log, change, terms) => announce(write(() => append(log, change, terms))),
    async appendUrgent(log, change, terms) {
      const work = () => guard(() => transaction(database, () => append(log, change, terms)))
      announce(withReserve(reserve, work))
    },
    delete: async (head) => announce(write(() => drop(head))),
    async read(project, after, limit) {
      const rows = guard(() => sql.read.all(project, after, limit)) as unknown as ChangeRow[]
      return rows.map(({ seq, change }) => parseChange(project, seq, change))
    },
    ...createSqliteCheckpoints(database, reserve),
    async receipt(project, key) {
      const row = guard(() => sql.receipt.get(project, key)) as ReceiptRow | undefined
      return row && { ...row, etag: row.etag ?? undefined }
    },
    keepReceipt: async (project, receipt) => write(() => keepReceipt(project, receipt)),
    async pruneReceipts(before) {
      guard(() => sql.pruneReceipts.run(before))
    },
    watch,
  }
}

function logStatements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  return {
    heads: prepare('SELECT project, epoch, version FROM logs ORDER BY project'),
    head: prepare('SELECT project, epoch, version FROM logs WHERE project = ?'),
    create: prepare('INSERT INTO logs (project, epoch, version) VALUES (?, ?, 0)'),
    append: prepare('INSERT INTO changes (project, seq, change) VALUES (?, ?, ?)'),
    advance: prepare('UPDATE logs SET version = ? WHERE project = ?'),
    read: prepare(
      'SELECT seq, change FROM changes WHERE project = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    keepReceipt: prepare(
      `INSERT OR REPLACE INTO receipts (project, key, fingerprint, status, body, etag, at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    receipt: prepare(
      `SELECT key, fingerprint, status, body, etag, at FROM receipts
       WHERE project = ? AND key = ?`,
    ),
    pruneReceipts: prepare('DELETE FROM receipts WHERE at < ?'),
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

interface ChangeRow {
  readonly seq: number
  readonly change: string
}

type ReceiptRow = Receipt & { readonly etag: string | null }
