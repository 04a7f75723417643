import type { BatchExposure, BatchOutcome } from '../../stores/event-store.ts'

/** An accepted batch, for receivers that keep or forward the reports of SDKs. */
export interface EventRecord {
  readonly project: string
  /** Time of receipt, ISO 8601. */
  readonly at: string
  /** Kind of the API key: anyone can make up what a client key reports. */
  readonly audience: 'server' | 'client'
  readonly sdk: { readonly id: string; readonly name: string }
  /** Id of the batch: a receiver recognises a repeated record by it. */
  readonly batch: string
  readonly exposures: readonly BatchExposure[]
  readonly outcomes: readonly BatchOutcome[]
}

/** A receiver of accepted batches. Receives each once, and never delays or fails a report. */
export interface EventSink {
  publish(record: EventRecord): void
  /** Delivers pending records, for a few seconds at most. */
  close(): Promise<void>
}
