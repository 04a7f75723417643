import type { DatabaseSync, StatementSync } from 'node:sqlite'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS relayed_reports (
    seq INTEGER PRIMARY KEY, source TEXT NOT NULL, flight TEXT, at INTEGER NOT NULL,
    events INTEGER NOT NULL, bytes INTEGER NOT NULL, items TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS relayed_reports_of_source ON relayed_reports (source, seq);
  CREATE INDEX IF NOT EXISTS relayed_reports_in_flight ON relayed_reports (flight)
    WHERE flight IS NOT NULL;
  CREATE TABLE IF NOT EXISTS relayed_batches (
    source TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS relayed_batches_by_age ON relayed_batches (at);
  CREATE TABLE IF NOT EXISTS relayed_memory (
    one INTEGER PRIMARY KEY CHECK (one = 1), since INTEGER NOT NULL
  ) STRICT;`

/** A report in the queue. */
export interface Row {
  readonly seq: number
  readonly flight: string | null
  /** Epoch ms. */
  readonly at: number
  readonly events: number
  readonly bytes: number
  readonly items: string
}

/** The reports of one flight or one connection. */
export interface Selection {
  /** Reads the sums of their events and bytes. */
  readonly sums: StatementSync
  readonly removal: StatementSync
}

/** Creates the tables of a queue where they are missing, and prepares their statements. */
export function reportStatements(database: DatabaseSync) {
  database.exec(SCHEMA)
  const rowsOfSource =
    'SELECT seq, flight, at, events, bytes, items FROM relayed_reports WHERE source = ?'
  const selection = (column: 'flight' | 'source'): Selection => ({
    sums: database.prepare(
      `SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes
       FROM relayed_reports WHERE ${column} = ?`,
    ),
    removal: database.prepare(`DELETE FROM relayed_reports WHERE ${column} = ?`),
  })
  return {
    size: database.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM relayed_reports'),
    ids: database.prepare('SELECT count(*) AS ids FROM relayed_batches'),
    known: database.prepare('SELECT 1 FROM relayed_batches WHERE source = ? AND id = ?'),
    remember: database.prepare('INSERT INTO relayed_batches (source, id, at) VALUES (?, ?, ?)'),
    add: database.prepare(
      'INSERT INTO relayed_reports (source, at, events, bytes, items) VALUES (?, ?, ?, ?, ?)',
    ),
    oldest: database.prepare(
      'SELECT seq, at, bytes, events FROM relayed_reports WHERE flight IS NULL ORDER BY seq LIMIT 1',
    ),
    remove: database.prepare('DELETE FROM relayed_reports WHERE seq = ?'),
    waiting: database.prepare(`${rowsOfSource} AND flight IS NULL ORDER BY seq`),
    anyWaiting: database.prepare(
      'SELECT 1 FROM relayed_reports WHERE source = ? AND flight IS NULL LIMIT 1',
    ),
    flight: database.prepare(`${rowsOfSource} AND flight IS NOT NULL ORDER BY seq`),
    fly: database.prepare(
      'UPDATE relayed_reports SET flight = ? WHERE source = ? AND flight IS NULL AND seq <= ?',
    ),
    ofFlight: selection('flight'),
    oldFlights: database.prepare(
      `SELECT flight FROM relayed_reports WHERE flight IS NOT NULL
       GROUP BY flight HAVING max(at) < ?`,
    ),
    sources: database.prepare('SELECT DISTINCT source FROM relayed_reports'),
    ofSource: selection('source'),
    ageOf: database.prepare('SELECT at FROM relayed_batches ORDER BY at LIMIT 1 OFFSET ?'),
    forget: database.prepare('DELETE FROM relayed_batches WHERE at < ?'),
    memory: database.prepare('SELECT since FROM relayed_memory'),
    remembersSince: database.prepare(
      'INSERT INTO relayed_memory VALUES (1, ?) ON CONFLICT DO UPDATE SET since = excluded.since',
    ),
  }
}
