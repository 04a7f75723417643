import type { Arm, Reason } from '@flaghoist/core'
import type { LogName } from './change-log.ts'
import type { EventPiece } from './event-copy.ts'
import type { Histogram } from './histogram.ts'

/** The key of a counter: one variant of a flag under one of its allocations, in one scope. */
export interface Cell {
  readonly flag: string
  readonly scope: string
  /** First revision of the allocation; for calls, the revision itself. */
  readonly revision: number
  /** First revision of the attempt, whose allocations share their units; for calls, `revision`. */
  readonly attempt: number
  /** Key of the variant; empty where the caller's fallback was served. */
  readonly variant: string
  /** Empty where no percentage rollout placed the unit. */
  readonly arm: '' | Arm
  /** Place of the split that served without an arm, as `splitsOf` names it; empty if unknown. */
  readonly split: string
}

/** Exposures of one cell in one minute. */
export interface BatchExposure extends Cell {
  readonly reason: Reason
  /** Start of the minute, epoch ms. */
  readonly minute: number
  /** Number of units that chance gave the variant, or else of calls. */
  readonly count: number
  /** Units that chance gave the variant, as 16 hexadecimal digits each. */
  readonly units: readonly string[]
}

/** Outcomes of one metric in one cell and minute. */
export interface BatchOutcome extends Cell {
  readonly metric: string
  /** Start of the minute in which the outcome happened, epoch ms. */
  readonly minute: number
  /** Units with the outcome, as 16 hexadecimal digits each. */
  readonly units: readonly string[]
  /** Histogram buckets of a measurement, parallel to `units`. */
  readonly buckets?: readonly number[] | undefined
  /** Counts only units that the store knows: the outcome exposes no others. */
  readonly ofKnown?: true
}

/** Exposures and outcomes that an SDK sent together. */
export interface EventBatch {
  /** Chosen by the SDK; a batch with a known id adds nothing. */
  readonly id: string
  /** Time of receipt, epoch ms. */
  readonly at: number
  readonly exposures: readonly BatchExposure[]
  readonly outcomes: readonly BatchOutcome[]
  /**
   * Number of metrics that an attempt may have once this batch is stored, at most
   * {@link MAX_METRICS}. Outcomes of a further metric are dropped.
   */
  readonly maxMetrics: number
}

/** The effect of a batch. */
export interface BatchAdded {
  /** False for a batch whose id was known: it added nothing. */
  readonly isNew: boolean
  /** Numbers of units that were stored for the first time under their allocation, by attempt. */
  readonly newUnits: ReadonlyMap<AttemptKey, number>
  /** Outcomes dropped because their attempt has too many metrics. */
  readonly dropped: number
}

/** A selection of counters, and the length of the steps that they are summed over. */
export interface EventQuery {
  readonly flag?: string | undefined
  readonly scope?: string | undefined
  /** Only this scope and those inside it: `production` contains `production/acme`. */
  readonly within?: string | undefined
  readonly revision?: number | undefined
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive. */
  readonly to: number
  /** Length of a step in ms, a multiple of a minute. Infinity sums each cell into one row. */
  readonly stepMs: number
  /** Maximum number of rows. */
  readonly limit: number
}

/** A selection of outcomes. */
export interface OutcomeQuery extends EventQuery {
  /** Leaves the histograms of the sums empty: a store may need a read for each of them. */
  readonly withoutHistograms?: true
}

/** A selection of scopes in which a flag was exposed. */
export interface LastExposureQuery {
  readonly flag: string
  /** Only this scope and those inside it. */
  readonly within?: string | undefined
  /** Epoch ms, inclusive. */
  readonly from: number
}

/** A selection of the exposures of a flag. */
export interface VariantCountQuery
  extends Pick<EventQuery, 'scope' | 'within' | 'from' | 'to'>,
    Pick<Cell, 'flag'> {}

/** Exposures to one variant in one scope. */
export interface VariantCount extends Pick<ExposureSum, 'scope' | 'variant' | 'count' | 'units'> {}

/** The last minute in which a flag was exposed in a scope. */
export interface LastExposure {
  readonly scope: string
  /** Start of the minute, epoch ms. */
  readonly minute: number
}

/** Exposures of one cell, summed over a step. */
export interface ExposureSum extends Cell {
  readonly reason: Reason
  /** Start of the step, epoch ms; with an infinite step, the first minute that has a count. */
  readonly start: number
  readonly count: number
  /** Units that were exposed for the first time under this allocation. */
  readonly units: number
}

/** Outcomes of one metric in one cell, summed over a step. */
export interface OutcomeSum extends Cell {
  readonly metric: string
  /** Start of the step, epoch ms; with an infinite step, the first minute that has a count. */
  readonly start: number
  /** Units whose first such outcome in the attempt ARRIVED in this step. */
  readonly units: number
  /** Units EXPOSED in this step that had the outcome within {@link MATURITY_MS} of it. */
  readonly matured: number
  /** Measurements that arrived in this step. */
  readonly histogram: Histogram
}

/** The key of an attempt. */
export interface AttemptKey extends Pick<Cell, 'flag' | 'scope' | 'attempt'> {
  readonly project: string
}

/** The attempts that have changed since a cursor. */
export interface ChangedAttempts {
  /** The cursor of this moment. */
  readonly cursor: string
  /**
   * Undefined if the store does not know, as after a restart: any attempt may have changed. An
   * attempt whose units are pruned has not.
   */
  readonly attempts: readonly AttemptKey[] | undefined
}

/** A selection of the minutes of one attempt. */
export interface SeriesQuery extends Pick<Cell, 'flag' | 'scope' | 'attempt'> {
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive. */
  readonly to: number
}

/** Counts of one cell of an attempt in one minute. */
export interface SeriesMinute extends Pick<Cell, 'revision' | 'variant' | 'arm' | 'split'> {
  /** Start of the minute, epoch ms. */
  readonly minute: number
  /** Units that the allocation exposed first in this minute. */
  readonly exposed: number
  /** Those of `exposed` that no allocation of the attempt had exposed before. */
  readonly first: number
  /** Outcomes by metric, ordered by it; only metrics with a count. */
  readonly outcomes: readonly SeriesOutcomes[]
}

/** Outcomes of one metric in one cell and minute; as in {@link OutcomeSum}. */
export type SeriesOutcomes = Pick<OutcomeSum, 'metric' | 'units' | 'matured' | 'histogram'>

/** Ages at which events are deleted: each limit is a time, epoch ms. */
export interface EventPruneLimits {
  /** Ids of batches that were received before. */
  readonly batches: number
  /** Units of attempts without any event since. */
  readonly units: number
  /** Sums of minutes before. */
  readonly sums: number
}

/** Time that the outcomes of an exposure have to happen in before it is judged, in ms. */
export const MATURITY_MS = 10 * 60 * 1_000

/** Reasons for which chance gives a unit its variant: in the arms of a rollout, or in a split. */
export const ARM_REASONS = { treatment: 'SPLIT', control: 'DEFAULT', '': 'SPLIT' } as const

/**
 * The outcome of a unit that is still there after its exposure. Only a unit without it is news, and
 * a unit reports it once: it is counted where the attempt exposed the unit first.
 */
export const ALIVE = 'alive'

/** Maximum number of metrics of one attempt of a flag in one scope. */
export const MAX_METRICS = 50

/**
 * Counters of exposures and outcomes, by minute. Losing them changes no flag.
 *
 * - **Durability**: as for the change log. A batch is stored durably once `add` resolves.
 * - **Atomicity**: a batch is stored whole or not at all. After a rejection, the same batch may be
 *   sent again: an id counts once, also when two processes add it at once.
 * - **Order**: batches may arrive in any order; the sums do not depend on it, except that a unit
 *   belongs to the cell and minute in which it was stored first, and its outcome to the allocation
 *   that reported it first.
 *
 * Every implementation passes `describeEventStore` of `event-store.contract.ts`,
 * `describeLastExposures` of `last-exposures.contract.ts` and `describeVariantCounts` of
 * `variant-counts.contract.ts`.
 */
export interface EventStore {
  /**
   * Adds a batch. A unit counts once under an allocation, in the cell and minute in which it was
   * first seen there. Each of its metrics counts once in an attempt: under the allocation of the
   * outcome, but {@link ALIVE} where the attempt saw the unit first. An outcome of an unknown unit
   * exposes it, unless it is {@link BatchOutcome.ofKnown}.
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND` for a project without a log
   */
  add(project: string, batch: EventBatch): Promise<BatchAdded>
  /** Sums exposures: the latest step first, then by cell and reason. */
  exposures(project: string, query: EventQuery): Promise<readonly ExposureSum[]>
  /**
   * Counts the exposures of a flag by scope and variant, in their order. Counts of zero are left
   * out. For a span that has moved on since the last call, a store may read the difference only.
   */
  variantCounts(project: string, query: VariantCountQuery): Promise<readonly VariantCount[]>
  /** Returns the last exposure of a flag in each scope: latest first, then by scope. */
  lastExposures(project: string, query: LastExposureQuery): Promise<readonly LastExposure[]>
  /** Sums outcomes: the latest step first, then by cell and metric. */
  outcomes(project: string, query: OutcomeQuery): Promise<readonly OutcomeSum[]>
  /** Returns the counts of one attempt, minute by minute: the oldest first, then by cell. */
  series(project: string, query: SeriesQuery): Promise<readonly SeriesMinute[]>
  /**
   * Returns the attempts with new units or outcomes since a cursor, so that only those are read
   * again. Without a cursor, returns a cursor alone.
   */
  changedSince(cursor?: string): Promise<ChangedAttempts>
  /** Reads all events of a project, in pieces. */
  export(project: string): AsyncIterable<EventPiece>
  /**
   * Adds a piece of another store's events to those of a log that has not counted any itself.
   * @throws {FlaghoistError} `PROJECT_NOT_FOUND`
   */
  import(log: LogName, piece: EventPiece): Promise<void>
  /**
   * Deletes rows older than their limit, in pieces, so that other work runs in between. Resolves
   * when all of them are deleted, or when the store closes.
   */
  prune(limits: EventPruneLimits): Promise<void>
}
