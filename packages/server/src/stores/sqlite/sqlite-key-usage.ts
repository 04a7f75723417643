import type { DatabaseSync } from 'node:sqlite'
import type { KeyUsage } from '../key-usage.ts'
import { transaction } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import type { Reserve } from './sqlite-reserve.ts'

export function createSqliteKeyUsage(database: DatabaseSync, reserve: Reserve): KeyUsage {
  const lastUses = database.prepare('SELECT key, at FROM key_uses WHERE project = ?')
  const record = database.prepare(
    `INSERT INTO key_uses (project, key, at) SELECT project, ?, ? FROM logs WHERE project = ?
     ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`,
  )
  const recordAll = (project: string, uses: ReadonlyMap<string, number>) => {
    for (const [key, at] of uses) record.run(key, at, project)
  }

  return {
    async lastUses(project) {
      const rows = guard(() => lastUses.all(project)) as unknown as { key: string; at: number }[]
      return new Map(rows.map(({ key, at }) => [key, at]))
    },
    async record(project, uses) {
      reserve.require()
      guard(() => transaction(database, () => recordAll(project, uses)))
    },
  }
}
