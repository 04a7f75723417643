import type { FlaghoistError } from '@flaghoist/core'
import type { Stores } from './stores.ts'

/**
 * Stores that can be read, and that reject writes with the same error. Housekeeping does nothing.
 */
export function readOnlyStores(stores: Stores, reason: FlaghoistError): Stores {
  const refuse = async () => {
    throw reason
  }
  const skip = async () => undefined
  return {
    ...stores,
    readOnly: reason,
    log: {
      ...stores.log,
      create: refuse,
      fill: refuse,
      finish: refuse,
      append: refuse,
      appendUrgent: refuse,
      confirm: refuse,
      delete: refuse,
      keepReceipt: refuse,
      keepCheckpoint: skip,
      pruneReceipts: skip,
    },
    events: { ...stores.events, add: refuse, import: refuse, prune: skip },
    keyUsage: { ...stores.keyUsage, record: skip },
    // Nothing is decided and sent where nothing can be stored.
    leases: { ...stores.leases, acquire: skip },
    outbox: { ...stores.outbox, record: refuse, update: refuse, prune: skip },
    check: refuse,
  }
}
