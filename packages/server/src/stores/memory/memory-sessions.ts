import type { SessionStore, StoredSession } from '../sessions.ts'

/** Sessions by id, shared by all users of one memory. */
export type SessionMemory = Map<string, StoredSession>

export function createMemorySessions(memory: SessionMemory): SessionStore {
  return {
    async create(session) {
      memory.set(session.id, session)
    },
    find: async (id) => memory.get(id),
    list: async () => [...memory.values()].sort((a, b) => a.createdAt - b.createdAt),
    async recordUse(id, at) {
      const known = memory.get(id)
      if (known !== undefined) memory.set(id, { ...known, usedAt: Math.max(known.usedAt, at) })
    },
    async delete(id) {
      memory.delete(id)
    },
    async prune({ expiredBefore, usedBefore }) {
      for (const { id, expiresAt, usedAt } of memory.values())
        if (expiresAt < expiredBefore || usedAt < usedBefore) memory.delete(id)
    },
  }
}
