import { getOrSet } from '../get-or-set.ts'
import type { KeyUsage } from '../stores/key-usage.ts'

/** The times at which API keys were last used, also those that are not stored yet. */
export interface LastUses {
  /** Reads the stored uses of a project. */
  load(project: string): Promise<void>
  record(project: string, keyId: string, at: number): void
  /** Returns the last use of a key, epoch ms. */
  of(keyId: string): number | undefined
  /** Forgets the keys of a deleted project. */
  forget(project: string, keyIds: Iterable<string>): void
  /** Stores the uses since the previous flush. After an error, the next flush stores them. */
  flush(): Promise<void>
}

export function createLastUses(usage: KeyUsage): LastUses {
  const lastUses = new Map<string, number>()
  /** Project → uses that are not stored. */
  const unsaved = new Map<string, Map<string, number>>()

  const save = async (project: string, uses: ReadonlyMap<string, number>) => {
    try {
      await usage.record(project, uses)
    } catch (error) {
      unsaved.set(project, new Map([...uses, ...(unsaved.get(project) ?? [])]))
      throw error
    }
  }

  return {
    async load(project) {
      for (const [id, at] of await usage.lastUses(project)) lastUses.set(id, at)
    },
    record(project, keyId, at) {
      if (lastUses.get(keyId) === at) return // Of another request in the same millisecond.
      getOrSet(unsaved, project, () => new Map<string, number>()).set(keyId, at)
      lastUses.set(keyId, at)
    },
    of: (keyId) => lastUses.get(keyId),
    forget(project, keyIds) {
      unsaved.delete(project)
      for (const id of keyIds) lastUses.delete(id)
    },
    async flush() {
      const pending = [...unsaved]
      unsaved.clear()
      const saved = await Promise.allSettled(pending.map((uses) => save(...uses)))
      const failed = saved.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
  }
}
