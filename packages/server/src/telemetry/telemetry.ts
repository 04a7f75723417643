import {
  type Counter,
  createCounter,
  createHistogram,
  type Described,
  type Histogram,
  type Instrument,
  type Observed,
} from './instruments.ts'

/**
 * The instruments of one server. `/metrics` and OpenTelemetry read the same ones. Counting costs an
 * addition; a reader does the rest.
 */
export interface Telemetry {
  readonly instruments: readonly Instrument[]
  counter(described: Described): Counter
  histogram(described: Described, bounds: readonly number[]): Histogram
  observe(observed: Observed): void
}

export function createTelemetry(): Telemetry {
  const instruments: Instrument[] = []
  const add = <T extends Instrument>(instrument: T): T => {
    instruments.push(instrument)
    return instrument
  }
  return {
    instruments,
    counter: (described) => add(createCounter(described)),
    histogram: (described, bounds) => add(createHistogram(described, bounds)),
    observe: (observed) => void add(observed),
  }
}

/** Buckets of durations within the server, seconds. */
export const DURATIONS: readonly number[] = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Buckets of times that the network adds to, seconds. */
export const DELAYS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60,
]
