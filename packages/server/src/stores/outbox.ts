import type { LogName } from './change-log.ts'
import type { Fence } from './leases.ts'

/** A notice for one subscription, and the state of its delivery. */
export interface Delivery {
  /** The same for every attempt, and for every derivation from the same change. */
  readonly id: string
  /** Key of the subscription. */
  readonly subscription: string
  /** Number of the change that the notice is about. */
  readonly seq: number
  /** Time of the change, epoch ms. */
  readonly at: number
  /** JSON text. */
  readonly notice: string
  /** `skipped` where the notice was no longer true when it was due, or says nothing. */
  readonly state: 'pending' | 'delivered' | 'failed' | 'skipped'
  readonly attempts: number
  /** Time before which it is not sent, epoch ms. */
  readonly dueAt: number
  /** Time of the last attempt, epoch ms. */
  readonly attemptedAt?: number | undefined
  /** HTTP status of the last attempt; undefined without a response. */
  readonly status?: number | undefined
  /** Reason why the last attempt failed. */
  readonly error?: string | undefined
}

/** Deliveries, and the number of the last change that they were derived from. */
export interface OutboxRecord {
  readonly cursor: number
  readonly deliveries: readonly Delivery[]
}

/**
 * The notices that are to be sent, and a cursor: the number of the last change whose notices are
 * recorded. The log holds all that notices are derived from, so a cursor that is behind costs a
 * second derivation, and loses and repeats nothing.
 *
 * - **Durability**: as for the change log, once a call resolves.
 * - **Atomicity**: `record` stores its deliveries together with the cursor, or nothing. A fence is
 *   checked within the write.
 *
 * Every implementation passes `describeOutbox` of `outbox.contract.ts`.
 */
export interface Outbox {
  /** Returns the cursor of a project; 0 before the first record. */
  cursor(project: string): Promise<number>
  /**
   * Records deliveries and moves the cursor forward. A known delivery stays unchanged. Records
   * nothing for a log that is deleted. @throws {FlaghoistError} `LEASE_LOST`
   */
  record(log: LogName, record: OutboxRecord, fence?: Fence): Promise<void>
  /** Lists the pending deliveries to a subscription, in the order of their changes. */
  pending(project: string, subscription: string): Promise<readonly Delivery[]>
  /** Lists the latest deliveries to a subscription, newest first. */
  latest(project: string, subscription: string, limit: number): Promise<readonly Delivery[]>
  /** Returns a delivery; undefined if it is unknown or pruned. */
  find(project: string, id: string): Promise<Delivery | undefined>
  /** Replaces known deliveries, all of them or none. @throws {FlaghoistError} `LEASE_LOST` */
  update(project: string, deliveries: readonly Delivery[], fence?: Fence): Promise<void>
  /**
   * Deletes deliveries that are not pending: those of changes before a time, and all but the latest
   * of each subscription.
   */
  prune(limits: { readonly before: number; readonly perSubscription: number }): Promise<void>
}
