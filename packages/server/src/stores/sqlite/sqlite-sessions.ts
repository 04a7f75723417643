import type { DatabaseSync } from 'node:sqlite'
import type { SessionStore, StoredSession } from '../sessions.ts'
import { guard } from './sqlite-errors.ts'
import { type Reserve, withReserve } from './sqlite-reserve.ts'

type SessionRow = Readonly<Record<keyof StoredSession, string | number | null>>

const COLUMNS =
  'id, hash, key AS keyId, person, created AS createdAt, used AS usedAt, expires AS expiresAt'

export function createSqliteSessions(database: DatabaseSync, reserve: Reserve): SessionStore {
  const insert = database.prepare(
    `INSERT INTO sessions (id, hash, key, person, created, used, expires)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const find = database.prepare(`SELECT ${COLUMNS} FROM sessions WHERE id = ?`)
  const list = database.prepare(`SELECT ${COLUMNS} FROM sessions ORDER BY created, id`)
  const use = database.prepare('UPDATE sessions SET used = max(used, ?) WHERE id = ?')
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?')
  const prune = database.prepare('DELETE FROM sessions WHERE expires < ? OR used < ?')

  return {
    // On a full disk, people must still be able to sign in, kill a flag and end a session.
    async create({ id, hash, keyId, person = null, createdAt, usedAt, expiresAt }) {
      withReserve(reserve, () =>
        guard(() => insert.run(id, hash, keyId, person, createdAt, usedAt, expiresAt)),
      )
    },
    async find(id) {
      const row = guard(() => find.get(id)) as SessionRow | undefined
      return row && sessionOf(row)
    },
    list: async () => (guard(() => list.all()) as SessionRow[]).map(sessionOf),
    async recordUse(id, at) {
      reserve.require()
      guard(() => use.run(at, id))
    },
    async delete(id) {
      withReserve(reserve, () => guard(() => remove.run(id)))
    },
    async prune({ expiredBefore, usedBefore }) {
      reserve.require()
      guard(() => prune.run(expiredBefore, usedBefore))
    },
  }
}

function sessionOf(row: SessionRow): StoredSession {
  return { ...row, person: row.person ?? undefined } as StoredSession
}
