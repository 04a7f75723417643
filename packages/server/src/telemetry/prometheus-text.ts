import type { Described, Histogram, Instrument, Labels, Observed } from './instruments.ts'

/** The content type of {@link prometheusText}. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const UNITS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' }

/**
 * Writes instruments in the text format of Prometheus. Their names follow OpenTelemetry's rules.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export async function prometheusText(instruments: readonly Instrument[]): Promise<string> {
  const families = await Promise.all(instruments.map(familyOf))
  return `${families.flat().join('\n')}\n`
}

async function familyOf(instrument: Instrument): Promise<readonly string[]> {
  const name = prometheusName(instrument)
  const lines =
    instrument.kind === 'histogram'
      ? histogramLines(name, instrument)
      : await observedLines(name, instrument)
  const { description, kind } = instrument
  return [`# HELP ${name} ${description}`, `# TYPE ${name} ${kind}`, ...lines]
}

function prometheusName({ name, unit, kind }: Described & { kind: Instrument['kind'] }): string {
  return name.replaceAll('.', '_') + (UNITS[unit] ?? '') + (kind === 'counter' ? '_total' : '')
}

async function observedLines(name: string, observed: Observed): Promise<readonly string[]> {
  const samples = await observed.read()
  return samples.map(({ labels, value }) => line(name, labels, value))
}

function histogramLines(name: string, { bounds, read }: Histogram): readonly string[] {
  return read().flatMap(({ labels, counts, sum }) => {
    let count = 0
    const buckets = counts.map((inBucket, i) => {
      count += inBucket
      return line(`${name}_bucket`, { ...labels, le: String(bounds[i] ?? '+Inf') }, count)
    })
    return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)]
  })
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
