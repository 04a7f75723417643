import type { KeyUsage } from '../key-usage.ts'

/** Last uses by project and key id, shared by all users of one memory. */
export type KeyUsageMemory = Map<string, Map<string, number>>

export function createMemoryKeyUsage(memory: KeyUsageMemory): KeyUsage {
  return {
    lastUses: async (project) => new Map(memory.get(project)),
    async record(project, uses) {
      const known = memory.get(project) ?? new Map<string, number>()
      memory.set(project, known)
      for (const [key, at] of uses) known.set(key, Math.max(at, known.get(key) ?? at))
    },
  }
}
