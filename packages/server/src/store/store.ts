import type { Arm, Reason } from '@flaghoist/core'
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

/** What is counted together: a variant of a flag under one of its revisions, in one scope. */
export interface Cell {
  readonly flag: string
  readonly scope: string
  readonly revision: number
  readonly variant: string
  /** Empty where no percentage rollout put the unit there: shown, and never compared. */
  readonly arm: '' | Arm
}

/** How often a variant was served, in one minute. */
export interface ExposureReport extends Cell {
  readonly reason: Reason
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly count: number
  /** Of an arm: who was exposed, as 16 hexadecimal digits each. */
  readonly units: readonly string[]
}

/** Whom something has happened to. */
export interface OutcomeReport extends Cell {
  readonly arm: Arm
  readonly metric: string
  /** Start of the minute in which it happened, epoch ms. */
  readonly minute: number
  readonly units: readonly string[]
  /** Of a measurement, parallel to `units`: bucket of the histogram. */
  readonly buckets?: readonly number[] | undefined
}

export interface EventBatch {
  /** Made by the SDK; a batch that comes twice counts once. */
  readonly id: string
  /** When it came, epoch ms. */
  readonly at: number
  readonly exposures: readonly ExposureReport[]
  readonly outcomes: readonly OutcomeReport[]
  /**
   * So many metrics a revision of a flag may have once this batch is in; outcomes of a further one
   * are dropped.
   */
  readonly mostMetrics: number
}

export interface EventsAdded {
  /** Whether the batch had not come before; what is known adds nothing. */
  readonly isNew: boolean
  /** Outcomes that were dropped because their revision has too many metrics. */
  readonly dropped: number
}

export interface EventQuery {
  readonly flag?: string | undefined
  readonly scope?: string | undefined
  /** Only scopes in this one: `production` holds `production/acme`. */
  readonly within?: string | undefined
  readonly revision?: number | undefined
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive. */
  readonly to: number
  /**
   * Length of what is added up to one row, ms; a multiple of a minute. Infinity makes one row of a
   * cell.
   */
  readonly stepMs: number
  readonly limit: number
}

export interface ExposureSum extends Cell {
  readonly reason: Reason
  /** Start of the step, epoch ms. */
  readonly start: number
  readonly count: number
  /** Units that were exposed for the first time under this revision. */
  readonly units: number
}

export interface OutcomeSum extends Cell {
  readonly metric: string
  /** Start of the step, epoch ms. */
  readonly start: number
  /** Units whose first such outcome ARRIVED in this step. */
  readonly units: number
  /**
   * Units that were EXPOSED in this step, and had the outcome within {@link MATURITY_MS} of that.
   */
  readonly matured: number
  /** Of a measurement: [bucket, units] of what arrived in this step, in order. */
  readonly histogram: readonly (readonly [bucket: number, units: number])[]
}

/** An exposure is judged only after its outcomes had so much time to come. */
export const MATURITY_MS = 10 * 60 * 1_000

/** Metrics that one revision of a flag can have in a scope. */
export const MOST_METRICS = 50

/** What may be forgotten, by its age: epoch ms before which it was last of use. */
export interface PruneLimits {
  /** Receipts, and ids of batches. */
  readonly retries: number
  /** Who was exposed: units of revisions that nothing was reported of since. */
  readonly units: number
  /** Sums of minutes. */
  readonly sums: number
}

/**
 * Where a server keeps its projects. One log a project is all the truth there is; whatever else is
 * here can be lost without a flag changing. Every implementation passes `describeStore` of
 * `store.contract.ts`.
 */
export interface Store {
  logs(): Promise<readonly LogHead[]>
  /** Starts an empty log. @throws {FlaghoistError} `PROJECT_EXISTS` */
  createLog(project: string): Promise<LogHead>
  /**
   * Appends one change durably: once this resolves, it survives `kill -9` and a power loss. The
   * receipt is kept in the same transaction. @throws {FlaghoistError} `LOG_CONFLICT` unless
   * `change.seq` is the next number
   */
  append(project: string, change: Change, receipt?: Receipt): Promise<void>
  /**
   * Changes with `seq > after`, in order, at most `limit`. @throws {FlaghoistError} `LOG_CORRUPT`
   */
  read(project: string, after: number, limit: number): Promise<readonly Change[]>
  /** Starts a new lineage after the log was seen to go back (a restored backup). */
  renewEpoch(project: string): Promise<string>
  receipt(project: string, key: string): Promise<Receipt | undefined>
  /** Keeps the answer to a write that had nothing to change. */
  keepReceipt(project: string, receipt: Receipt): Promise<void>
  /**
   * Adds what was reported, all of it or nothing. A unit counts once under a revision and scope, in
   * the cell and minute in which it was first seen; each of its metrics counts once. A unit that is
   * first heard of by an outcome is exposed with it.
   */
  addEvents(project: string, batch: EventBatch): Promise<EventsAdded>
  /** Latest step first, then by cell. */
  exposures(project: string, query: EventQuery): Promise<readonly ExposureSum[]>
  /** Latest step first, then by cell and metric. */
  outcomes(project: string, query: EventQuery): Promise<readonly OutcomeSum[]>
  /** When keys were last used: API key id → epoch ms. */
  keyUses(project: string): Promise<ReadonlyMap<string, number>>
  recordKeyUses(project: string, uses: ReadonlyMap<string, number>): Promise<void>
  /** Forgets what is older than its use, a little at a time. Resolves when all of that is gone. */
  prune(limits: PruneLimits): Promise<void>
  /** Rejects when the store cannot be written to. */
  check(): Promise<void>
  close(): Promise<void>
}
