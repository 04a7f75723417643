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
    revision: prepare(
      `INSERT INTO revisions (project, flag, scope, revision, metrics, at)
       VALUES (?, ?, ?, ?, '[]', ?)
       ON CONFLICT DO UPDATE SET at = max(at, excluded.at) RETURNING id, metrics`,
    ),
    touchRevision: prepare('UPDATE revisions SET at = ? WHERE id = ?'),
    setMetrics: prepare('UPDATE revisions SET metrics = ? WHERE id = ?'),
    cell: prepare(
      `INSERT INTO cells (revision, variant, arm) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET arm = arm RETURNING id`,
    ),
    insertUnit: prepare(
      'INSERT OR IGNORE INTO units (revision, unit, cell, minute, metrics) VALUES (?, ?, ?, ?, 0)',
    ),
    markMetric: prepare(
      `UPDATE units SET metrics = metrics | ? WHERE revision = ? AND unit = ? AND metrics & ? = 0
       RETURNING cell, minute`,
    ),
    addExposures: prepare(
      `INSERT INTO exposures (cell, minute, reason, count, units) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, units = units + excluded.units`,
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
    log: prepare('SELECT 1 FROM logs WHERE project = ?'),
    pruneBatches: prepare(
      `DELETE FROM batches WHERE (project, id) IN (
         SELECT project, id FROM batches WHERE at < ? LIMIT ?)`,
    ),
    pruneUnits: prepare(
      `DELETE FROM units WHERE (revision, unit) IN (
         SELECT units.revision, unit FROM revisions JOIN units ON units.revision = revisions.id
         WHERE at < ? LIMIT ?)`,
    ),
    pruneExposures: pruneSums('exposures', 'cell, minute, reason'),
    pruneOutcomes: pruneSums('outcomes', 'cell, minute, metric'),
    pruneMeasurements: pruneSums('measurements', 'cell, minute, metric, bucket'),
    pruneRevisions: prepare('DELETE FROM revisions WHERE at < ?'),
  }
}
