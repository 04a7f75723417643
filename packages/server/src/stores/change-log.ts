import { isFlaghoistError } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import type { Fence } from './leases.ts'

/** The identity of one log. A project that is deleted and created again has another log. */
export interface LogName {
  readonly project: string
  /** Random identity of the log: versions compare only within one epoch. */
  readonly epoch: string
}

/** The end of one project's log. */
export interface LogHead extends LogName {
  /** Sequence number of the last change; 0 for an empty log. */
  readonly version: number
}

/** A change of a log, and everything before it. */
export interface LogPosition {
  /** Number of the change; 0 before the first one. */
  readonly seq: number
  readonly hash: string
}

/** The response to a write. A retry with the same `Idempotency-Key` gets it again. */
export interface Receipt {
  /** Identity of the writer and its `Idempotency-Key`. */
  readonly key: string
  /** Digest of the request: the same key with another request is an error. */
  readonly fingerprint: string
  readonly status: number
  /** JSON text, without secrets. */
  readonly body: string
  /** Headers of the response, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Time of the response, epoch ms. */
  readonly at: number
}

/** The guarantees that a writer asks for. */
export interface AppendTerms {
  /** Stored in the same transaction as the change: both or neither. */
  readonly receipt?: Receipt | undefined
  /** The grant under which the change was decided; undefined for a change of a person. */
  readonly fence?: Fence | undefined
}

/** The announced head of a log that has moved; with an empty epoch, the log was deleted. */
export interface LogNews extends LogHead {
  /** The store has failed meanwhile: it may have lost changes, and replaced them by others. */
  readonly mayHaveLost?: boolean
}

export type LogListener = (news: LogNews) => void

/**
 * The projects' logs: the only truth about flags. Every write is one change, and each project's
 * changes are numbered 1, 2, 3 … without a gap.
 *
 * - **Durability**: a durable implementation resolves a write once it survives `kill -9` and a
 *   power loss. A memory implementation keeps a write as long as its memory.
 * - **Order**: an append is atomic against all other writers of the same log, in this process and
 *   in others. One writer wins a sequence number; the others get an append conflict.
 * - **Reads**: a read sees every write that had resolved before it began.
 *
 * A rejected write may still have been stored (a connection that broke after the commit), unless
 * the rejection is an append conflict or `LEASE_LOST`. The caller reads the log again before the
 * next write. Every implementation passes `describeChangeLog` of `change-log.contract.ts`.
 */
export interface ChangeLog {
  /** Lists the heads of all logs, ordered by project. */
  heads(): Promise<readonly LogHead[]>
  /** Returns the head of one log; undefined without a log. */
  head(project: string): Promise<LogHead | undefined>
  /**
   * Starts an empty log.
   * @param epoch that of the log which is copied into it; by default a new one
   * @throws {FlaghoistError} `PROJECT_EXISTS`
   */
  create(project: string, epoch?: string): Promise<LogHead>
  /**
   * Copies changes into an empty log. Its head stays at 0 until {@link finish}, and a server does
   * not serve it meanwhile. @throws {FlaghoistError} `PROJECT_NOT_FOUND`, `LOG_CONFLICT`
   */
  fill(log: LogName, changes: readonly Change[]): Promise<void>
  /**
   * Moves the head of a log to the last change that was copied, and announces it.
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, `LOG_CONFLICT`
   */
  finish(head: LogHead): Promise<void>
  /**
   * Appends one change, in one transaction with what its terms ask for.
   *
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND` without a log, or with another one. `LEASE_LOST`
   * if the lease of the fence was granted anew, whether or not the number of the change follows.
   * `LOG_CONFLICT` unless its number and its previous hash follow the last change: the writer may
   * read on and try again ({@link isAppendConflict}). The last two have stored nothing.
   */
  append(log: LogName, change: Change, terms?: AppendTerms): Promise<void>
  /**
   * Appends a change that must not fail for want of space, such as a kill. It may use space that
   * the store keeps from all other writes.
   */
  appendUrgent(log: LogName, change: Change, terms?: AppendTerms): Promise<void>
  /**
   * Deletes a log with everything that the stores hold for its project: changes, receipts, events,
   * notices and the uses of keys. All of it is deleted, or nothing. Ids of batches may stay for
   * their time.
   *
   * @param head head that the caller has read
   * @throws {FlaghoistError} `LOG_CONFLICT` if the log has moved since ({@link isAppendConflict});
   * `PROJECT_NOT_FOUND` if there is no log, or another one
   */
  delete(head: LogHead): Promise<void>
  /**
   * Returns at most `limit` changes with `seq > after`, in order. The caller proves their content
   * by the hash chain. @throws {FlaghoistError} `LOG_CORRUPT` for a change that cannot be parsed
   */
  read(project: string, after: number, limit: number): Promise<readonly Change[]>
  /** Returns the texts of the last checkpoint of a log; empty without one. */
  checkpoint(project: string): Promise<readonly string[]>
  /**
   * Replaces the checkpoint of a log, unless the log was deleted. A checkpoint is a cache: it may
   * be lost, and after a crash it may be half of one.
   */
  keepCheckpoint(log: LogName, texts: readonly string[]): Promise<void>
  /** Returns the receipt of a write, until it is pruned. */
  receipt(project: string, key: string): Promise<Receipt | undefined>
  /** Returns all receipts of a project. */
  receipts(project: string): Promise<readonly Receipt[]>
  /**
   * Confirms that a log ends with a change, for a write that has nothing to append to it, and
   * stores the receipt of that write. The change and the receipt are as durable as an append then.
   *
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND` without a log, or with another one. `LOG_CONFLICT`
   * if it ends with another change ({@link isAppendConflict}). Neither has stored anything.
   */
  confirm(log: LogName, end: LogPosition, receipt?: Receipt): Promise<void>
  /** Stores the receipt of a write that is copied with its log, as durably as an append. */
  keepReceipt(project: string, receipt: Receipt): Promise<void>
  /** Deletes receipts older than a time, epoch ms. */
  pruneReceipts(before: number): Promise<void>
  /**
   * Calls the listener after each append and each deletion, by whichever process wrote it.
   * Several of them may coalesce into one call, which carries the latest head. A call never
   * precedes the moment from which `read` returns the change, and never runs within `append`.
   * Changes from before the call of `watch` may go unannounced: watch first, then read.
   * An error of the listener becomes a process warning.
   *
   * Per process today: SQLite has one process at a time, so it announces this process's own
   * writes. The memory implementation announces those of every user of the same memory,
   * and Redis those of every server. After a failure of Redis, every head is announced again,
   * because a failover can lose changes.
   *
   * @returns a function that ends the watch
   */
  watch(listener: LogListener): () => void
}

/**
 * Returns true for the error of an append that lost its sequence number to another writer.
 * Nothing was stored: the write can be planned anew on the log's new head.
 */
export function isAppendConflict(error: unknown): boolean {
  return isFlaghoistError(error) && error.code === 'LOG_CONFLICT'
}
