import type { Sample } from '../telemetry/instruments.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Forwarder } from './forwarder.ts'
import type { ReportQueue } from './report-queue.ts'
import type { Upstreams } from './upstreams.ts'

interface Observable {
  readonly telemetry: Telemetry
  readonly upstreams: Upstreams
  readonly queue: ReportQueue
  readonly forwarder: Forwarder
}

/** Adds the instruments of a relay. */
export function observeRelay({ telemetry, upstreams, queue, forwarder }: Observable): void {
  telemetry.observe({
    name: 'flaghoist.upstream.connections',
    unit: '{connection}',
    description: 'Connections to the upstream by state',
    kind: 'gauge',
    read: () => {
      const states = upstreams.list().map(({ upstream }) => upstream.status().state)
      return (['live', 'stale', 'refused'] as const).map((state) => ({
        labels: { state },
        value: states.filter((one) => one === state).length,
      }))
    },
  })
  telemetry.observe({
    name: 'flaghoist.upstream.age',
    unit: 's',
    description: 'Longest time since a connection heard the upstream',
    kind: 'gauge',
    read: () => {
      const ages = upstreams.list().flatMap(({ upstream }) => upstream.status().ageMs ?? [])
      return ages.length === 0 ? [] : [one(Math.max(...ages) / 1_000)]
    },
  })
  telemetry.observe({
    name: 'flaghoist.upstream.queue',
    unit: 'By',
    description: 'Reports that wait for the upstream',
    kind: 'gauge',
    read: () => [one(queue.bytes)],
  })
  telemetry.observe({
    name: 'flaghoist.upstream.events',
    unit: '{event}',
    description: 'Exposures and outcomes that left the queue, by result',
    kind: 'counter',
    read: () => [
      { labels: { result: 'forwarded' }, value: forwarder.counts.forwarded },
      { labels: { result: 'refused' }, value: forwarder.counts.refused },
      { labels: { result: 'dropped' }, value: queue.dropped },
    ],
  })
}

function one(value: number): Sample {
  return { labels: {}, value }
}
