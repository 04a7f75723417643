import type { Change } from '@flaghoist/core/schema'

/** One project's log, as a store knows it. */
export interface LogHead {
  readonly project: string
  /** Random identity of this lineage: versions compare only within one epoch. */
  readonly epoch: string
  /** Sequence number of the last change, 0 for an empty log. */
  readonly version: number
}

/** The answer to a write, kept so that a retry with the same `Idempotency-Key` gets it again. */
export interface Receipt {
  /** Who wrote, and under which `Idempotency-Key`. */
  readonly key: string
  /** Digest of the request: the same key with another request is an error. */
  readonly fingerprint: string
  readonly status: number
  /** JSON text, without secrets. */
  readonly body: string
  readonly etag?: string | undefined
  /** Epoch ms. */
  readonly at: number
}

/** How often a variant was served, in one minute. */
export interface ExposureCount {
  readonly flag: string
  readonly variant: string
  /** Empty where no rollout put the unit there. */
  readonly arm: '' | 'treatment' | 'control'
  readonly scope: string
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly count: number
}

export interface ExposureBatch {
  /** Made by the SDK; a batch that comes twice counts once. */
  readonly id: string
  readonly counts: readonly ExposureCount[]
}

export interface ExposureQuery {
  readonly flag?: string | undefined
  readonly scope?: string | undefined
  /** Epoch ms, inclusive. */
  readonly from?: number | undefined
  /** Epoch ms, exclusive. */
  readonly to?: number | undefined
  readonly limit: number
}

/**
 * Where a server keeps its projects. One log a project is all the truth there is; whatever else is here can be
 * lost without a flag changing. Every implementation passes `describeStore` of `store.contract.ts`.
 */
export interface Store {
  logs(): Promise<readonly LogHead[]>
  /** Starts an empty log. @throws {FlaghoistError} `PROJECT_EXISTS` */
  createLog(project: string): Promise<LogHead>
  /**
   * Appends one change durably: once this resolves, it survives `kill -9` and a power loss. The receipt is kept
   * in the same transaction. @throws {FlaghoistError} `LOG_CONFLICT` unless `change.seq` is the next number
   */
  append(project: string, change: Change, receipt?: Receipt): Promise<void>
  /** Changes with `seq > after`, in order, at most `limit`. @throws {FlaghoistError} `LOG_CORRUPT` */
  read(project: string, after: number, limit: number): Promise<readonly Change[]>
  /** Starts a new lineage after the log was seen to go back (a restored backup). */
  renewEpoch(project: string): Promise<string>
  receipt(project: string, key: string): Promise<Receipt | undefined>
  /** Keeps the answer to a write that had nothing to change. */
  keepReceipt(project: string, receipt: Receipt): Promise<void>
  /** Adds counts; gives false, and adds nothing, when the batch is known. */
  addExposures(project: string, batch: ExposureBatch): Promise<boolean>
  /** Newest minute first. */
  exposures(project: string, query: ExposureQuery): Promise<readonly ExposureCount[]>
  /** When keys were last used: API key id → epoch ms. */
  keyUses(project: string): Promise<ReadonlyMap<string, number>>
  recordKeyUses(project: string, uses: ReadonlyMap<string, number>): Promise<void>
  /** Forgets receipts and batch ids older than their use. @param before epoch ms */
  prune(before: number): Promise<void>
  /** Rejects when the store cannot be written to. */
  check(): Promise<void>
  close(): Promise<void>
}
