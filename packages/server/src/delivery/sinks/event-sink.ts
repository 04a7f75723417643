import type { BatchExposure, BatchOutcome } from '../../stores/event-store.ts'

/** A batch that was taken, for those who keep or forward what SDKs report. */
export interface EventRecord {
  readonly project: string
  /** When it came: ISO 8601. */
  readonly at: string
  /** Kind of the key: what browsers report can be made up. */
  readonly audience: 'server' | 'client'
  readonly sdk: { readonly id: string; readonly name: string }
  /** Its id: whoever gets a record twice can know. */
  readonly batch: string
  readonly exposures: readonly BatchExposure[]
  readonly outcomes: readonly BatchOutcome[]
}

/** Gets each batch that was taken, once. Never delays or fails the taking. */
export interface EventSink {
  publish(record: EventRecord): void
  /** Delivers what is waiting, for a few seconds at most. */
  close(): Promise<void>
}
