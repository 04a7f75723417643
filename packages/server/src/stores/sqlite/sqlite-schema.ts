import type { DatabaseSync } from 'node:sqlite'
import { problem } from '../../errors.ts'

/** Version 1: logs, receipts of writes, uses of keys. */
const LOGS = `
  CREATE TABLE logs (
    project TEXT PRIMARY KEY, epoch TEXT NOT NULL, version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE changes (
    project TEXT NOT NULL REFERENCES logs, seq INTEGER NOT NULL, change TEXT NOT NULL,
    PRIMARY KEY (project, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE receipts (
    project TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, etag TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (project, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE key_uses (
    project TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (project, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE exposures (
    project TEXT NOT NULL, minute INTEGER NOT NULL, flag TEXT NOT NULL, scope TEXT NOT NULL,
    variant TEXT NOT NULL, arm TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (project, minute, flag, scope, variant, arm)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX exposures_of_flag ON exposures (project, flag, minute);
  CREATE TABLE batches (
    project TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (project, id)
  ) STRICT, WITHOUT ROWID;`

/**
 * Version 2: exposures and outcomes by revision, and the exposed units. Keys that repeat a million
 * times are numbers. The counts of version 1 are deleted, since they had no revision.
 */
const EVENTS = `
  DROP TABLE exposures;
  CREATE INDEX batches_by_age ON batches (at);
  CREATE TABLE revisions (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, flag TEXT NOT NULL, scope TEXT NOT NULL,
    revision INTEGER NOT NULL, metrics TEXT NOT NULL, at INTEGER NOT NULL,
    UNIQUE (project, flag, scope, revision)
  ) STRICT;
  CREATE TABLE cells (
    id INTEGER PRIMARY KEY, revision INTEGER NOT NULL REFERENCES revisions ON DELETE CASCADE,
    variant TEXT NOT NULL, arm TEXT NOT NULL,
    UNIQUE (revision, variant, arm)
  ) STRICT;
  CREATE TABLE units (
    revision INTEGER NOT NULL, unit INTEGER NOT NULL, cell INTEGER NOT NULL,
    minute INTEGER NOT NULL, metrics INTEGER NOT NULL,
    PRIMARY KEY (revision, unit)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE exposures (
    cell INTEGER NOT NULL, minute INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (cell, minute, reason)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outcomes (
    cell INTEGER NOT NULL, minute INTEGER NOT NULL, metric TEXT NOT NULL, units INTEGER NOT NULL,
    matured INTEGER NOT NULL,
    PRIMARY KEY (cell, minute, metric)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE measurements (
    cell INTEGER NOT NULL, minute INTEGER NOT NULL, metric TEXT NOT NULL, bucket INTEGER NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (cell, minute, metric, bucket)
  ) STRICT, WITHOUT ROWID;`

/**
 * Version 3: a change may lack members that earlier versions require, such as the fallthrough of a
 * flag or the lists of a segment. The tables stay; the number keeps an earlier version from
 * misreading such a log.
 */
const OPTIONAL_MEMBERS = ''

/**
 * Version 4: a unit counts once per allocation, and each of its metrics once per attempt. A
 * revision of an earlier version is an attempt with one allocation, so all counts stay.
 */
const ALLOCATIONS = `
  ALTER TABLE revisions RENAME TO attempts;
  ALTER TABLE attempts RENAME COLUMN revision TO attempt;
  CREATE TABLE new_cells (
    id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    revision INTEGER NOT NULL, variant TEXT NOT NULL, arm TEXT NOT NULL,
    UNIQUE (attempt, revision, variant, arm)
  ) STRICT;
  INSERT INTO new_cells
    SELECT cells.id, attempts.id, attempts.attempt, variant, arm
    FROM cells JOIN attempts ON attempts.id = cells.revision;
  DROP TABLE cells;
  ALTER TABLE new_cells RENAME TO cells;
  CREATE TABLE new_units (
    attempt INTEGER NOT NULL, unit INTEGER NOT NULL, revision INTEGER NOT NULL,
    cell INTEGER NOT NULL, minute INTEGER NOT NULL, metrics INTEGER NOT NULL,
    first INTEGER NOT NULL,
    PRIMARY KEY (attempt, unit, revision)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_units
    SELECT attempts.id, unit, attempts.attempt, cell, minute, units.metrics, 1
    FROM units CROSS JOIN attempts ON attempts.id = units.revision;
  DROP TABLE units;
  ALTER TABLE new_units RENAME TO units;
  ALTER TABLE exposures ADD COLUMN again INTEGER NOT NULL DEFAULT 0;`

/** Version 5: notices for subscriptions, and the change up to which they are recorded. */
const OUTBOX = `
  CREATE TABLE outbox_cursors (
    project TEXT PRIMARY KEY, seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deliveries (
    project TEXT NOT NULL, id TEXT NOT NULL, subscription TEXT NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL, notice TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    due INTEGER NOT NULL, attempted INTEGER, status INTEGER, error TEXT,
    PRIMARY KEY (project, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_of_subscription ON deliveries (project, subscription, seq);
  CREATE INDEX deliveries_pending ON deliveries (project, subscription, seq) WHERE state = 'pending';`

/** Version 6: the number of the latest grant of each lease, and the periods without a holder. */
const LEASES = `
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, number INTEGER NOT NULL, held_until INTEGER NOT NULL, gaps TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`

/** Version 7: the split of each cell, so that those of one flag are compared apart. */
const SPLITS = `
  CREATE TABLE new_cells (
    id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    revision INTEGER NOT NULL, variant TEXT NOT NULL, arm TEXT NOT NULL, split TEXT NOT NULL,
    UNIQUE (attempt, revision, variant, arm, split)
  ) STRICT;
  INSERT INTO new_cells SELECT id, attempt, revision, variant, arm, '' FROM cells;
  DROP TABLE cells;
  ALTER TABLE new_cells RENAME TO cells;`

/**
 * Version 8: one edit of a change may kill many flags in many scopes. The tables stay; the number
 * keeps an earlier version from serving flags that are killed.
 */
const KILLS_BY_TAG = ''

/** Version 9: the state of each project after a change, in texts, so that a start is short. */
const CHECKPOINTS = `
  CREATE TABLE checkpoints (
    project TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (project, part)
  ) STRICT;`

/** Version 10: the sessions of people who signed in with an admin key. */
const SESSIONS = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL, key TEXT NOT NULL, person TEXT,
    created INTEGER NOT NULL, used INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

/**
 * Version 11: a change may edit saved views. The tables stay; the number keeps an earlier version
 * from misreading such a log.
 */
const VIEWS = ''

/** Version 12: receipts with all headers of the response, in JSON, in place of its ETag. */
const HEADERS = `
  ALTER TABLE receipts ADD COLUMN headers TEXT NOT NULL DEFAULT '{}';
  UPDATE receipts SET headers = json_object('etag', etag) WHERE etag IS NOT NULL;
  ALTER TABLE receipts DROP COLUMN etag;`

/** Version 13: units that are not in the table `units` yet, in the form of `UnitRows`. */
const UNIT_LOG = `
  CREATE TABLE unit_log (id INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT;`

const MIGRATIONS = [
  LOGS,
  EVENTS,
  OPTIONAL_MEMBERS,
  ALLOCATIONS,
  OUTBOX,
  LEASES,
  SPLITS,
  KILLS_BY_TAG,
  CHECKPOINTS,
  SESSIONS,
  VIEWS,
  HEADERS,
  UNIT_LOG,
]
export const SCHEMA_VERSION = MIGRATIONS.length

/**
 * Migrates a database to this version's schema, in one transaction.
 * @throws {FlaghoistError} `STORE_TOO_NEW`, `STORE_FOREIGN`
 */
export function migrate(database: DatabaseSync): void {
  const version = rejectNewer(database)
  if (version === SCHEMA_VERSION) return
  if (version === 0) rejectTables(database)
  const missing = MIGRATIONS.slice(version).join('\n')
  database.exec(`BEGIN; ${missing} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`)
}

/** Returns the schema version of a database. @throws {FlaghoistError} `STORE_TOO_NEW` */
export function rejectNewer(database: DatabaseSync): number {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
    user_version: number
  }
  if (version > SCHEMA_VERSION)
    throw problem('STORE_TOO_NEW', { found: version, known: SCHEMA_VERSION })
  return version
}

/** Rejects the database of another program: a new one of ours has no tables. */
function rejectTables(database: DatabaseSync): void {
  const found = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get()
  if (found !== undefined)
    throw problem('STORE_FOREIGN', { problem: `it has the table "${found.name}"` })
}
