import type { Delivery, Outbox } from '../../stores/outbox.ts'

/** Stores the results of attempts. A failure of the store never makes a message leave twice. */
export interface Results {
  /** Stores results, together with those that an earlier call could not store. */
  save(deliveries: readonly Delivery[]): Promise<void>
  /** Stores the results that earlier calls could not store. */
  flush(): Promise<void>
}

export function createResults(outbox: Outbox, project: string): Results {
  let unsaved: readonly Delivery[] = []

  const flush = async () => {
    if (unsaved.length === 0) return
    await outbox.update(project, unsaved)
    unsaved = []
  }
  return {
    async save(deliveries) {
      unsaved = [...unsaved, ...deliveries]
      await flush()
    },
    flush,
  }
}
