import { getOrSet } from '../../get-or-set.ts'
import type { Delivery, Outbox } from '../outbox.ts'

interface ProjectOutbox {
  cursor: number
  readonly deliveries: Map<string, Delivery>
}

/** The outboxes of all projects, shared by all users of one memory. */
export type OutboxMemory = Map<string, ProjectOutbox>

export function createMemoryOutbox(memory: OutboxMemory): Outbox {
  const of = (project: string) =>
    getOrSet(memory, project, () => ({ cursor: 0, deliveries: new Map() }))

  return {
    cursor: async (project) => of(project).cursor,
    async record(project, cursor, deliveries) {
      const box = of(project)
      box.cursor = Math.max(box.cursor, cursor)
      for (const delivery of deliveries)
        if (!box.deliveries.has(delivery.id)) box.deliveries.set(delivery.id, delivery)
    },
    pending: async (project) =>
      [...of(project).deliveries.values()].filter(isPending).sort(byChange),
    latest: async (project, subscription, limit) =>
      latestOf(of(project), subscription).slice(0, limit),
    find: async (project, id) => of(project).deliveries.get(id),
    async update(project, deliveries) {
      const known = of(project).deliveries
      for (const delivery of deliveries)
        if (known.has(delivery.id)) known.set(delivery.id, delivery)
    },
    async prune({ before, perSubscription }) {
      for (const box of memory.values())
        for (const delivery of settled(box)) {
          const isOld = delivery.at < before
          const newer = latestOf(box, delivery.subscription).filter((one) => !isPending(one))
          if (isOld || newer.indexOf(delivery) >= perSubscription)
            box.deliveries.delete(delivery.id)
        }
    },
  }
}

function latestOf({ deliveries }: ProjectOutbox, subscription: string): readonly Delivery[] {
  return [...deliveries.values()]
    .filter((one) => one.subscription === subscription)
    .sort((a, b) => byChange(b, a))
}

function settled({ deliveries }: ProjectOutbox): readonly Delivery[] {
  return [...deliveries.values()].filter((one) => !isPending(one))
}

function isPending({ state }: Delivery): boolean {
  return state === 'pending'
}

function byChange(a: Delivery, b: Delivery): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : 1)
}
