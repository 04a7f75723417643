import type { DatabaseSync } from 'node:sqlite'

export type EventStatements = ReturnType<typeof eventStatements>

/** The statements that write and prune events, prepared once. */
export function eventStatements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  /** Scans by cell, since the minutes are in order only within a cell. */
  const pruneSums = (table: string, key: string) =>
    prepare(
      `DELETE FROM ${table} WHERE (${key}) IN (
         SELECT ${key} FROM cells CROSS JOIN ${table} ON cell = cells.id WHERE minute < ? LIMIT ?)`,
    )
  return {
    insertBatch: prepare('INSERT OR IGNORE INTO batches (project, id, at) VALUES (?, ?, ?)'),
    attempt: prepare(
      `INSERT INTO attempts (project, flag, scope, attempt, metrics, at)
       VALUES (?, ?, ?, ?, '[]', ?)
       ON CONFLICT DO UPDATE SET at = max(at, excluded.at) RETURNING id, metrics`,
    ),
    touchAttempt: prepare('UPDATE attempts SET at = ? WHERE id = ?'),
    setMetrics: prepare('UPDATE attempts SET metrics = ? WHERE id = ?'),
    cell: prepare(
      `INSERT INTO cells (attempt, revision, variant, arm, split) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET arm = arm RETURNING id`,
    ),
    importUnit: prepare(
      `INSERT INTO units (attempt, unit, revision, cell, minute, metrics, first)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    addOutcomes: prepare(
      `INSERT INTO outcomes (cell, minute, metric, units, matured) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE
       SET units = units + excluded.units, matured = matured + excluded.matured`,
    ),
    addMeasurements: prepare(
      `INSERT INTO measurements (cell, minute, metric, bucket, units) VALUES (?, ?, ?, ?, ? + ?)
       ON CONFLICT DO UPDATE SET units = units + excluded.units`,
    ),
    log: prepare('SELECT epoch FROM logs WHERE project = ?'),
    pruneBatches: prepare(
      `DELETE FROM batches WHERE (project, id) IN (
         SELECT project, id FROM batches WHERE at < ? LIMIT ?)`,
    ),
    pruneUnits: prepare(
      `DELETE FROM units WHERE (attempt, unit, revision) IN (
         SELECT units.attempt, unit, revision FROM attempts JOIN units ON units.attempt = attempts.id
         WHERE at < ? LIMIT ?)`,
    ),
    pruneExposures: pruneSums('exposures', 'cell, minute, reason'),
    pruneOutcomes: pruneSums('outcomes', 'cell, minute, metric'),
    pruneMeasurements: pruneSums('measurements', 'cell, minute, metric, bucket'),
    pruneAttempts: prepare('DELETE FROM attempts WHERE at < ?'),
  }
}
