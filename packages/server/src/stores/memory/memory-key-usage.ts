import type { KeyUsage } from '../key-usage.ts'
import type { LogMemory } from './memory-change-log.ts'

/** Last uses by project and key id, shared by all users of one memory. */
export type KeyUsageMemory = Map<string, Map<string, number>>

export function createMemoryKeyUsage(
  memory: KeyUsageMemory,
  { logs }: Pick<LogMemory, 'logs'>,
): KeyUsage {
  return {
    lastUses: async (project) => new Map(memory.get(project)),
    async record(project, uses) {
      if (!logs.has(project)) return
      const known = memory.get(project) ?? new Map<string, number>()
      memory.set(project, known)
      for (const [key, at] of uses) known.set(key, Math.max(at, known.get(key) ?? at))
    },
  }
}
