import type { DatabaseSync } from 'node:sqlite'
import { createPause } from '../../pause.ts'
import type { ChangeLog } from '../change-log.ts'
import { transaction } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import type { Reserve } from './sqlite-reserve.ts'

/**
 * Checkpoints in a table. A text is a transaction of its own, so that no other write waits long.
 * The statements are prepared when they are needed: a reader may open a database without the table.
 */
export function createSqliteCheckpoints(
  database: DatabaseSync,
  reserve: Reserve,
): Pick<ChangeLog, 'checkpoint' | 'keepCheckpoint'> {
  return {
    checkpoint: async (project) =>
      guard(() =>
        database
          .prepare('SELECT text FROM checkpoints WHERE project = ? ORDER BY part')
          .all(project)
          .map(({ text }) => String(text)),
      ),
    async keepCheckpoint({ project, epoch }, texts) {
      const isOfLog = database.prepare('SELECT 1 FROM logs WHERE project = ? AND epoch = ?')
      const clear = database.prepare('DELETE FROM checkpoints WHERE project = ?')
      const insert = database.prepare(
        'INSERT OR REPLACE INTO checkpoints (project, part, text) VALUES (?, ?, ?)',
      )
      const pause = createPause()
      for (const [part, text] of texts.entries()) {
        reserve.require()
        guard(() =>
          transaction(database, () => {
            if (part === 0) clear.run(project)
            if (isOfLog.get(project, epoch) !== undefined) insert.run(project, part, text)
          }),
        )
        await pause()
      }
    },
  }
}
