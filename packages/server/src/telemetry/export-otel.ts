import { type Meter, metrics, type ObservableResult } from '@opentelemetry/api'
import type { Histogram, Instrument, Observed } from './instruments.ts'

/**
 * Exports instruments through the meter provider of the process. Without one, nothing is read and
 * nothing is recorded. Returns a function that ends the export.
 */
export function exportToOpenTelemetry(instruments: readonly Instrument[]): () => void {
  const meter = metrics.getMeter('@flaghoist/server')
  const ends = instruments.map((instrument) =>
    instrument.kind === 'histogram' ? forwardTo(meter, instrument) : observeWith(meter, instrument),
  )
  return () => {
    for (const end of ends) end()
  }
}

function forwardTo(meter: Meter, histogram: Histogram): () => void {
  const { name, unit, description, bounds } = histogram
  const advice = { explicitBucketBoundaries: [...bounds] }
  const exported = meter.createHistogram(name, { unit, description, advice })
  histogram.forward = (value, labels) => exported.record(value, labels)
  return () => {
    histogram.forward = undefined
  }
}

function observeWith(meter: Meter, { name, unit, description, kind, read }: Observed): () => void {
  const options = { unit, description }
  const exported =
    kind === 'counter'
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options)
  const observe = async (result: ObservableResult) => {
    for (const { value, labels } of await read()) result.observe(value, labels)
  }
  exported.addCallback(observe)
  return () => exported.removeCallback(observe)
}
