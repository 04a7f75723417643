import type { DatabaseSync } from 'node:sqlite'
import type { Receipt } from '../change-log.ts'

const COLUMNS = 'key, fingerprint, status, body, headers, at'

/** The receipts of writes, in a table. */
export function createSqliteReceipts(database: DatabaseSync) {
  const find = database.prepare(`SELECT ${COLUMNS} FROM receipts WHERE project = ? AND key = ?`)
  const all = database.prepare(`SELECT ${COLUMNS} FROM receipts WHERE project = ?`)
  const keep = database.prepare(
    `INSERT OR REPLACE INTO receipts (project, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const prune = database.prepare('DELETE FROM receipts WHERE at < ?')
  return {
    find(project: string, key: string): Receipt | undefined {
      const row = find.get(project, key) as ReceiptRow | undefined
      return row && receiptOf(row)
    },
    all: (project: string) => (all.all(project) as unknown as ReceiptRow[]).map(receiptOf),
    keep(project: string, { key, fingerprint, status, body, headers, at }: Receipt): void {
      keep.run(project, key, fingerprint, status, body, JSON.stringify(headers), at)
    },
    prune: (before: number) => void prune.run(before),
  }
}

type ReceiptRow = Omit<Receipt, 'headers'> & { readonly headers: string }

function receiptOf(row: ReceiptRow): Receipt {
  return { ...row, headers: JSON.parse(row.headers) }
}
