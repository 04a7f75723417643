import { problem } from '../../errors.ts'
import { createLogWatch } from '../log-watch.ts'
import type { Stores } from '../stores.ts'
import { createEventMemory, type EventMemory } from './event-memory.ts'
import { createLogMemory, createMemoryChangeLog, type LogMemory } from './memory-change-log.ts'
import { createMemoryEventStore } from './memory-event-store.ts'
import { createMemoryKeyUsage, type KeyUsageMemory } from './memory-key-usage.ts'
import { createLeaseMemory, type LeaseMemory } from './memory-leases.ts'
import { createMemoryOutbox, type OutboxMemory } from './memory-outbox.ts'
import { createMemorySessions, type SessionMemory } from './memory-sessions.ts'

/** The data of memory stores. It outlives the stores that use it, and is gone with the process. */
export interface Memory {
  readonly log: LogMemory
  readonly events: EventMemory
  readonly keyUsage: KeyUsageMemory
  readonly outbox: OutboxMemory
  readonly leases: LeaseMemory
  readonly sessions: SessionMemory
}

export function createMemory(): Memory {
  return {
    log: createLogMemory(),
    events: createEventMemory(),
    keyUsage: new Map(),
    outbox: new Map(),
    leases: createLeaseMemory(),
    sessions: new Map(),
  }
}

/**
 * Stores that keep everything in the memory of this process: for trying out, and for tests.
 *
 * @param memory shared by several stores, it makes them replicas of one another: each sees the
 * other's writes, loses sequence numbers to it, and watches its appends
 */
export function createMemoryStores(memory: Memory = createMemory()): Stores {
  const watch = createLogWatch()
  memory.log.watches.add(watch)
  return {
    readOnly: undefined,
    log: createMemoryChangeLog({
      memory: memory.log,
      watch,
      drop(project) {
        memory.events.projects.delete(project)
        memory.keyUsage.delete(project)
        memory.outbox.delete(project)
      },
      checkFence: memory.leases.check,
    }),
    events: createMemoryEventStore(memory.events, memory.log),
    keyUsage: createMemoryKeyUsage(memory.keyUsage, memory.log),
    outbox: createMemoryOutbox(memory.outbox, memory.log, memory.leases),
    leases: memory.leases.leases,
    sessions: createMemorySessions(memory.sessions),
    check: async () => undefined,
    async backup() {
      throw problem('BACKUP_OF_MEMORY', {})
    },
    freeBytes: async () => undefined,
    async close() {
      memory.log.watches.delete(watch)
      watch.close()
    },
  }
}
