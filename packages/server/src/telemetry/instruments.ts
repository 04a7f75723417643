/** The labels of one value. They never hold names of customers, such as flags or projects. */
export type Labels = Readonly<Record<string, string>>

/** Name and meaning of an instrument, by the conventions of OpenTelemetry. */
export interface Described {
  /** Dotted name, such as `flaghoist.disk.free`. */
  readonly name: string
  readonly description: string
  /** Unit by UCUM, such as `s` or `By`; an annotation such as `{commit}` for a number of things. */
  readonly unit: string
}

/** One value with its labels. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** An instrument whose values are computed at each read. */
export interface Observed extends Described {
  readonly kind: 'counter' | 'gauge'
  read(): Promise<readonly Sample[]> | readonly Sample[]
}

/** A sum that only grows. Adding one costs an addition. */
export interface Cell {
  readonly labels: Labels
  value: number
}

/** A counter: one cell for each set of labels. */
export interface Counter extends Observed {
  /** Creates the cell of some labels. The caller keeps it. */
  cell(labels?: Labels): Cell
}

export function createCounter(described: Described): Counter {
  const cells: Cell[] = []
  return {
    ...described,
    kind: 'counter',
    read: () => cells,
    cell(labels = {}) {
      const cell = { labels, value: 0 }
      cells.push(cell)
      return cell
    },
  }
}

/** The values that a histogram has recorded under some labels. */
export interface Recorded {
  readonly labels: Labels
  /** Number of values in each bucket: up to its bound, and beyond the last bound. */
  readonly counts: number[]
  sum: number
}

/** A distribution of values over fixed buckets. */
export interface Histogram extends Described {
  readonly kind: 'histogram'
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[]
  read(): readonly Recorded[]
  /** Returns a function that records values under some labels. The caller keeps it. */
  recorder(labels?: Labels): (value: number) => void
  /** Passes every recorded value on as well. */
  forward: ((value: number, labels: Labels) => void) | undefined
}

export function createHistogram(described: Described, bounds: readonly number[]): Histogram {
  const all: Recorded[] = []
  const histogram: Histogram = {
    ...described,
    kind: 'histogram',
    bounds,
    forward: undefined,
    read: () => all,
    recorder(labels = {}) {
      const recorded: Recorded = { labels, counts: Array(bounds.length + 1).fill(0), sum: 0 }
      all.push(recorded)
      return (value) => {
        const bucket = bounds.findIndex((bound) => value <= bound)
        recorded.counts[bucket === -1 ? bounds.length : bucket]! += 1
        recorded.sum += value
        histogram.forward?.(value, labels)
      }
    },
  }
  return histogram
}

export type Instrument = Observed | Histogram
