import type { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS relayed_reports (
    seq INTEGER PRIMARY KEY, source TEXT NOT NULL, flight TEXT, events INTEGER NOT NULL,
    bytes INTEGER NOT NULL, items TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS relayed_reports_of_source ON relayed_reports (source, seq);
  CREATE TABLE IF NOT EXISTS relayed_batches (
    source TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS relayed_batches_by_age ON relayed_batches (at);`

/** A report in the queue. */
export interface Row {
  readonly seq: number
  readonly flight: string | null
  readonly events: number
  readonly bytes: number
  readonly items: string
}

/** Creates the tables of a queue where they are missing, and prepares their statements. */
export function reportStatements(database: DatabaseSync) {
  database.exec(SCHEMA)
  const ofSource = 'SELECT seq, flight, events, bytes, items FROM relayed_reports WHERE source = ?'
  return {
    size: database.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM relayed_reports'),
    ids: database.prepare('SELECT count(*) AS ids FROM relayed_batches'),
    known: database.prepare('SELECT 1 FROM relayed_batches WHERE source = ? AND id = ?'),
    remember: database.prepare('INSERT INTO relayed_batches (source, id, at) VALUES (?, ?, ?)'),
    add: database.prepare(
      'INSERT INTO relayed_reports (source, events, bytes, items) VALUES (?, ?, ?, ?)',
    ),
    oldest: database.prepare(
      'SELECT seq, bytes, events FROM relayed_reports WHERE flight IS NULL ORDER BY seq LIMIT 1',
    ),
    remove: database.prepare('DELETE FROM relayed_reports WHERE seq = ?'),
    waiting: database.prepare(`${ofSource} AND flight IS NULL ORDER BY seq`),
    anyWaiting: database.prepare(
      'SELECT 1 FROM relayed_reports WHERE source = ? AND flight IS NULL LIMIT 1',
    ),
    flight: database.prepare(`${ofSource} AND flight IS NOT NULL ORDER BY seq`),
    fly: database.prepare(
      'UPDATE relayed_reports SET flight = ? WHERE source = ? AND flight IS NULL AND seq <= ?',
    ),
    sums: database.prepare(
      `SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes
       FROM relayed_reports WHERE flight = ?`,
    ),
    land: database.prepare('DELETE FROM relayed_reports WHERE flight = ?'),
    sources: database.prepare('SELECT DISTINCT source FROM relayed_reports'),
    forget: database.prepare(
      `DELETE FROM relayed_batches WHERE at < ? OR (source, id) IN (
         SELECT source, id FROM relayed_batches ORDER BY at LIMIT ?
       )`,
    ),
  }
}
