import { getOrSet } from '../../get-or-set.ts'
import type { Delivery, Outbox } from '../outbox.ts'
import type { LogMemory } from './memory-change-log.ts'
import type { LeaseMemory } from './memory-leases.ts'

interface ProjectOutbox {
  cursor: number
  readonly deliveries: Map<string, Delivery>
}

/** The outboxes of all projects, shared by all users of one memory. */
export type OutboxMemory = Map<string, ProjectOutbox>

export function createMemoryOutbox(
  memory: OutboxMemory,
  { logs }: Pick<LogMemory, 'logs'>,
  { check }: Pick<LeaseMemory, 'check'>,
): Outbox {
  const of = (project: string) =>
    getOrSet(memory, project, () => ({ cursor: 0, deliveries: new Map() }))

  return {
    cursor: async (project) => of(project).cursor,
    async record({ project, epoch }, { cursor, deliveries }, fence) {
      check(fence)
      if (logs.get(project)?.epoch !== epoch) return
      const box = of(project)
      box.cursor = Math.max(box.cursor, cursor)
      for (const delivery of deliveries)
        if (!box.deliveries.has(delivery.id)) box.deliveries.set(delivery.id, delivery)
    },
    pending: async (project, subscription) =>
      [...of(project).deliveries.values()]
        .filter((one) => one.subscription === subscription && isPending(one))
        .sort(byChange),
    latest: async (project, subscription, limit) =>
      [...of(project).deliveries.values()]
        .filter((one) => one.subscription === subscription)
        .sort(byNewest)
        .slice(0, limit),
    find: async (project, id) => of(project).deliveries.get(id),
    async update(project, deliveries, fence) {
      check(fence)
      const known = of(project).deliveries
      for (const delivery of deliveries)
        if (known.has(delivery.id)) known.set(delivery.id, delivery)
    },
    async prune({ before, perSubscription }) {
      for (const { deliveries } of memory.values())
        for (const settled of settledOf(deliveries))
          for (const [place, { id, at }] of settled.entries())
            if (at < before || place >= perSubscription) deliveries.delete(id)
    },
  }
}

/** The deliveries that are not pending, newest first, by subscription. */
function settledOf(deliveries: ReadonlyMap<string, Delivery>): Iterable<readonly Delivery[]> {
  const settled = new Map<string, Delivery[]>()
  for (const delivery of [...deliveries.values()].sort(byNewest))
    if (!isPending(delivery)) getOrSet(settled, delivery.subscription, () => []).push(delivery)
  return settled.values()
}

function isPending({ state }: Delivery): boolean {
  return state === 'pending'
}

function byChange(a: Delivery, b: Delivery): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : 1)
}

function byNewest(a: Delivery, b: Delivery): number {
  return byChange(b, a)
}
