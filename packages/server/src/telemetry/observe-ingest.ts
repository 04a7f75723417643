import { DURATIONS, type Telemetry } from './telemetry.ts'

/** The numbers of events that a batch added. */
interface Added {
  readonly accepted: number
  readonly dropped: number
  readonly duplicate?: true
}

/** Counts the batches and events of an ingestion by their results, and times the batches. */
export function observeIngest<A extends readonly unknown[], R extends Added>(
  ingest: (...args: A) => Promise<R>,
  telemetry: Telemetry,
  elapsed: () => number,
): (...args: A) => Promise<R> {
  const batches = telemetry.counter({
    name: 'flaghoist.event_batches',
    unit: '{batch}',
    description: 'Batches of exposures and outcomes by their result',
  })
  const events = telemetry.counter({
    name: 'flaghoist.events',
    unit: '{event}',
    description: 'Exposures and outcomes of stored batches by their result',
  })
  const durations = telemetry.histogram(
    {
      name: 'flaghoist.event_batch.duration',
      unit: 's',
      description: 'Duration of the storage of a batch, once it is validated',
    },
    DURATIONS,
  )
  const record = durations.recorder({})
  const stored = batches.cell({ result: 'stored' })
  const duplicate = batches.cell({ result: 'duplicate' })
  const failed = batches.cell({ result: 'failed' })
  const accepted = events.cell({ result: 'accepted' })
  const dropped = events.cell({ result: 'dropped' })

  return async (...args) => {
    const startedAt = elapsed()
    const added = await ingest(...args).catch((error: unknown) => {
      failed.value += 1
      throw error
    })
    ;(added.duplicate ? duplicate : stored).value += 1
    record((elapsed() - startedAt) / 1_000)
    accepted.value += added.accepted
    dropped.value += added.dropped
    return added
  }
}
