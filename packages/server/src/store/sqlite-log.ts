import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { canonicalJson } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { LogHead, Receipt } from './store.ts'

/**
 * The logs themselves: changes, receipts of writes, uses of keys. Writers run inside a transaction.
 */
export function createLogTable(database: DatabaseSync) {
  const sql = statements(database)
  const head = (project: string) => sql.head.get(project) as LogHead | undefined
  const keepReceipt = (project: string, receipt: Receipt): void => {
    const { key, fingerprint, status, body, etag, at } = receipt
    sql.keep.run(project, key, fingerprint, status, body, etag ?? null, at)
  }

  return {
    heads: () => sql.heads.all() as unknown as LogHead[],

    create(project: string): LogHead {
      if (head(project) !== undefined) throw problem('PROJECT_EXISTS', { project })
      const epoch = newEpoch()
      sql.create.run(project, epoch)
      return { project, epoch, version: 0 }
    },

    append(project: string, change: Change, receipt: Receipt | undefined): void {
      const { version } = head(project) ?? missing(project)
      if (change.seq !== version + 1)
        throw problem('LOG_CONFLICT', { project, seq: change.seq, version })
      sql.append.run(project, change.seq, canonicalJson(change))
      sql.advance.run(change.seq, project)
      if (receipt !== undefined) keepReceipt(project, receipt)
    },

    keepReceipt,

    read(project: string, after: number, limit: number): Change[] {
      const rows = sql.read.all(project, after, limit) as unknown as ChangeRow[]
      return rows.map((row) => parseChange(project, row))
    },

    renewEpoch(project: string): string {
      const epoch = newEpoch()
      sql.renew.run(epoch, project)
      return epoch
    },

    receipt(project: string, key: string): Receipt | undefined {
      const row = sql.receipt.get(project, key) as (Receipt & { etag: string | null }) | undefined
      return row && { ...row, etag: row.etag ?? undefined }
    },

    keyUses(project: string): ReadonlyMap<string, number> {
      const rows = sql.uses.all(project) as unknown as { key: string; at: number }[]
      return new Map(rows.map(({ key, at }) => [key, at]))
    },

    recordKeyUses(project: string, uses: ReadonlyMap<string, number>): void {
      for (const [key, at] of uses) sql.use.run(project, key, at)
    },

    pruneReceipts(before: number): void {
      sql.prune.run(before)
    },
  }
}

function statements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  return {
    heads: prepare('SELECT project, epoch, version FROM logs ORDER BY project'),
    head: prepare('SELECT project, epoch, version FROM logs WHERE project = ?'),
    create: prepare('INSERT INTO logs (project, epoch, version) VALUES (?, ?, 0)'),
    append: prepare('INSERT INTO changes (project, seq, change) VALUES (?, ?, ?)'),
    advance: prepare('UPDATE logs SET version = ? WHERE project = ?'),
    renew: prepare('UPDATE logs SET epoch = ? WHERE project = ?'),
    read: prepare(
      'SELECT seq, change FROM changes WHERE project = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    keep: prepare(
      'INSERT OR REPLACE INTO receipts (project, key, fingerprint, status, body, etag, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    receipt: prepare(
      'SELECT key, fingerprint, status, body, etag, at FROM receipts WHERE project = ? AND key = ?',
    ),
    uses: prepare('SELECT key, at FROM key_uses WHERE project = ?'),
    use: prepare(
      'INSERT INTO key_uses (project, key, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)',
    ),
    prune: prepare('DELETE FROM receipts WHERE at < ?'),
  }
}

interface ChangeRow {
  readonly seq: number
  readonly change: string
}

/**
 * What it says is proven later, by the hash chain; here it only has to be a change that stands in
 * its own place.
 */
function parseChange(project: string, { seq, change: text }: ChangeRow): Change {
  try {
    const change = JSON.parse(text) as Change
    if (change.seq === seq) return change
  } catch (error) {
    throw problem('LOG_CORRUPT', { project, seq, problem: 'it is no JSON.' }, { cause: error })
  }
  throw problem('LOG_CORRUPT', { project, seq, problem: 'another change stands in its place.' })
}

function newEpoch(): string {
  return randomBytes(8).toString('hex')
}

function missing(project: string): never {
  throw problem('PROJECT_NOT_FOUND', { project })
}
