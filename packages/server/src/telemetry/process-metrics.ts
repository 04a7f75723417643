import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Observed } from './instruments.ts'

/** Metrics of the process, under the names that Prometheus clients of Node use. */
export interface ProcessMetrics {
  readonly instruments: readonly Observed[]
  /** Ends the measurement of the event loop. */
  close(): void
}

/** Interval at which the delay of the event loop is measured. */
const RESOLUTION_MS = 20

/**
 * Only `/metrics` shows them: with OpenTelemetry, the instrumentation of the runtime exports its
 * own.
 */
export function createProcessMetrics(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return {
    instruments: [...ofProcess(), ...ofEventLoop(delay)],
    close: () => void delay.disable(),
  }
}

function ofProcess(): readonly Observed[] {
  const startedAt = Date.now() / 1_000 - process.uptime()
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  return [
    counter('process.cpu', 's', 'CPU time of the process', cpuSeconds),
    gauge('process.start_time', 's', 'Start of the process, Unix time', () => startedAt),
    gauge('process.resident_memory', 'By', 'Resident memory', () => process.memoryUsage.rss()),
    gauge('nodejs.heap_size_used', 'By', 'Used heap', () => process.memoryUsage().heapUsed),
  ]
}

/** The maximum covers the time since the last reading, so that it shows each block once. */
function ofEventLoop(delay: ReturnType<typeof monitorEventLoopDelay>): readonly Observed[] {
  const longest = () => {
    // The measured interval contains the resolution itself.
    const seconds = Math.max(0, delay.max / 1e9 - RESOLUTION_MS / 1_000)
    delay.reset()
    return seconds
  }
  const activeSeconds = () => performance.eventLoopUtilization().active / 1_000
  return [
    gauge('nodejs.eventloop_lag_max', 's', 'Longest delay since the last scrape', longest),
    counter('nodejs.eventloop_active', 's', 'Busy time of the event loop', activeSeconds),
  ]
}

function counter(name: string, unit: string, description: string, read: () => number): Observed {
  return { name, unit, description, kind: 'counter', read: () => [{ labels: {}, value: read() }] }
}

function gauge(name: string, unit: string, description: string, read: () => number): Observed {
  return { ...counter(name, unit, description, read), kind: 'gauge' }
}
