import type { FlaghoistError } from '@flaghoist/core'
import type { ChangeLog } from './change-log.ts'
import type { EventStore } from './event-store.ts'
import type { KeyUsage } from './key-usage.ts'
import type { Leases } from './leases.ts'
import type { Outbox } from './outbox.ts'
import type { Peers } from './peers.ts'
import type { Presence } from './presence.ts'
import type { SessionStore } from './sessions.ts'

/** The stores of one server. Implementations pass `describeStores` of `stores.contract.ts`. */
export interface Stores {
  /** The reason why every write is rejected; undefined where writes are possible. */
  readonly readOnly: FlaghoistError | undefined
  /** The truth about flags. */
  readonly log: ChangeLog
  readonly events: EventStore
  readonly keyUsage: KeyUsage
  readonly outbox: Outbox
  readonly sessions: SessionStore
  /** Leases of the work that one process does for all. */
  readonly leases: Leases
  /** The SDKs of all servers; undefined where only one server uses the stores. */
  readonly presence?: Presence | undefined
  /** The other servers; undefined where only one server uses the stores. */
  readonly peers?: Peers | undefined
  /** Rejects when the stores cannot be written. Cheap enough for an open health route. */
  check(): Promise<void>
  /**
   * Writes a snapshot of everything into a new file, while other writes go on. Under the name
   * `flaghoist.db`, the file is a data folder's database.
   * @param spareBytes free space that the file must leave on its disk
   * @throws {FlaghoistError} `BACKUP_EXISTS`, `BACKUP_SPACE`, `BACKUP_OF_MEMORY`,
   * `BACKUP_OF_REDIS`
   */
  backup(target: string, spareBytes: number): Promise<void>
  /** Free space of the disk for this process, bytes; undefined without a disk. */
  freeBytes(): Promise<number | undefined>
  /** Finishes pending writes, ends all watches and releases the stores. */
  close(): Promise<void>
}
