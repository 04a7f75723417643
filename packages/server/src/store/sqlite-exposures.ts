import type { DatabaseSync } from 'node:sqlite'
import type { ExposureBatch, ExposureCount, ExposureQuery } from './store.ts'

/** Exposure counts, and the batches that they came in. Writers run inside a transaction. */
export function createExposureTable(database: DatabaseSync) {
  const note = database.prepare('INSERT OR IGNORE INTO batches (project, id, at) VALUES (?, ?, ?)')
  const add = database.prepare(
    `INSERT INTO exposures (project, minute, flag, scope, variant, arm, count) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  )
  const select = database.prepare(
    `SELECT flag, variant, arm, scope, minute, count FROM exposures
     WHERE project = :project AND (:flag IS NULL OR flag = :flag) AND (:scope IS NULL OR scope = :scope)
       AND minute >= :from AND minute < :to
     ORDER BY minute DESC, flag, scope, variant, arm LIMIT :limit`,
  )
  const prune = database.prepare('DELETE FROM batches WHERE at < ?')

  return {
    /** @param at when the batch came, epoch ms */
    add(project: string, batch: ExposureBatch, at: number): boolean {
      if (note.run(project, batch.id, at).changes === 0) return false
      for (const { minute, flag, scope, variant, arm, count } of batch.counts)
        add.run(project, minute, flag, scope, variant, arm, count)
      return true
    },

    query(project: string, query: ExposureQuery): ExposureCount[] {
      return select.all({
        project,
        flag: query.flag ?? null,
        scope: query.scope ?? null,
        from: query.from ?? 0,
        to: query.to ?? Number.MAX_SAFE_INTEGER,
        limit: query.limit,
      }) as unknown as ExposureCount[]
    },

    pruneBatches(before: number): void {
      prune.run(before)
    },
  }
}
