import { cpuSeconds } from '../cpu-time.ts'
import { median } from '../evaluate/measure.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, markdownTable, shown } from '../figures.ts'
import { residentKib } from '../resident-memory.ts'
import { type FlaghoistServer, type Program, startFlaghoistServer, startRelay } from '../server.ts'
import { sendBatches } from './reports.ts'
import { openStreams } from './streams.ts'

const FLAGS = 3
const KILLS = 15
/** Time over which the idle cost of streams is measured, ms: two heartbeats. */
const IDLE_MS = 16_000

/** Time after which the last report must have arrived, ms. */
const COUNTED_WITHIN_MS = 10_000

export interface RelayBenchOptions {
  /** Streams of the server and of the relay. */
  readonly streams: number
  /** Batches of reports. */
  readonly batches: number
}

interface Exposures {
  readonly items: readonly { readonly count: number }[]
}

/** Compares a relay with its server: streams, kills and reports. */
export async function benchRelay(options: RelayBenchOptions) {
  const server = await startFlaghoistServer()
  const programs: Program[] = [server]
  try {
    return report(await measure(server, programs, options), options)
  } finally {
    for (const program of programs.toReversed()) await program.stop()
  }
}

/** @param programs receives the relays, which the caller stops */
async function measure(
  server: FlaghoistServer,
  programs: Program[],
  { streams, batches }: RelayBenchOptions,
) {
  for (let i = 0; i < FLAGS; i++) await server.ask('POST', 'flags', { key: `flag-${i}` })
  await server.ask('PUT', 'flags/flag-0/layers/production', { on: true })
  const key = await server.makeKey('production')
  const relay = await startRelay(server.url, key)
  programs.push(relay)
  const second = await startRelay(relay.url, key)
  programs.push(second)

  const ofServer = await measureStreams(server, server, key, streams)
  const ofRelay = await measureStreams(server, relay, key, streams)
  const chained = await openStreams(second.url, key, 1)
  const throughTwo = await timeKills(server, chained)
  chained.close()
  const reports = await measureReports(server, relay, key, batches)
  return { values: { server: ofServer, relay: ofRelay }, throughTwo, reports }
}

function report(
  { values, throughTwo, reports }: Awaited<ReturnType<typeof measure>>,
  { streams, batches }: RelayBenchOptions,
) {
  const figures: readonly Figure[] = [
    figure('memory per stream', 'kB', values, ({ kilobytes }) => kilobytes),
    figure('CPU to open a stream', 'µs', values, ({ openMicros }) => openMicros),
    figure('CPU of 1,000 idle streams', '% of a core', values, ({ idlePercent }) => idlePercent),
    figure(`kill to the last of ${streams} streams, median`, 'ms', values, ({ killMs }) => killMs),
    { name: 'CPU per batch of 3 items', unit: 'µs', better: 'less', values: reports.micros },
  ]
  const rows = figures.map(({ name, unit, values: of }) => [
    `${name}, ${unit}`,
    shown(of.server!),
    shown(of.relay!),
    `${shown(of.relay! / of.server!)}×`,
  ])
  const facts = [
    `- A kill through two chained relays to one stream: median ${shown(throughTwo)} ms from the request on.`,
    `- ${batches} batches at the relay became ${reports.forwarded} at its server, which took ${shown(reports.upstreamMicros)} µs of CPU for each that the relay received.`,
  ]
  const table = markdownTable(['', 'server', 'relay', 'ratio'], rows)
  const head = `${machine()}; servers, clients and measurement on it.`
  const markdown = [head, table, facts.join('\n')].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken: defectsOf(reports, batches) }
}

function defectsOf({ counted }: { readonly counted: number }, batches: number): string[] {
  const sent = 2 * batches * FLAGS // Once to the server, and once to the relay.
  return counted === sent ? [] : [`${counted} of ${sent} reported exposures were counted`]
}

type Measured = Awaited<ReturnType<typeof measureStreams>>

function figure(
  name: string,
  unit: string,
  of: { readonly server: Measured; readonly relay: Measured },
  read: (measured: Measured) => number,
): Figure {
  return { name, unit, better: 'less', values: { server: read(of.server), relay: read(of.relay) } }
}

/** Measures what streams of one program cost. */
async function measureStreams(
  server: FlaghoistServer,
  { url, pid }: Program,
  key: string,
  count: number,
) {
  const [memory, cpu] = [residentKib(pid), cpuSeconds(pid)]
  const streams = await openStreams(url, key, count)
  const openMicros = ((cpuSeconds(pid) - cpu) * 1e6) / count
  const kilobytes = ((residentKib(pid) - memory) * 1.024) / count
  const idleCpu = cpuSeconds(pid)
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  const idleShare = (cpuSeconds(pid) - idleCpu) / (IDLE_MS / 1_000)
  const idlePercent = (idleShare * 100 * 1_000) / count
  const killMs = await timeKills(server, streams)
  streams.close()
  return { openMicros, kilobytes, idlePercent, killMs }
}

/** Returns the median time from the request of a kill to the last stream, ms. */
async function timeKills(
  server: FlaghoistServer,
  streams: Awaited<ReturnType<typeof openStreams>>,
): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < KILLS; i++) {
    times.push(await streams.timeEvent(() => server.ask('POST', 'flags/flag-0/kill', {})))
    await streams.timeEvent(() => server.ask('POST', 'flags/flag-0/restore', {}))
  }
  return median(times)
}

/** Measures the CPU time of batches at the server, at the relay, and at the server behind it. */
async function measureReports(server: FlaghoistServer, relay: Program, key: string, count: number) {
  const before = [cpuSeconds(server.pid), await storedBatches(server)] as const
  await sendBatches(server.url, key, count)
  const direct = [cpuSeconds(server.pid), await storedBatches(server)] as const
  const relayCpu = cpuSeconds(relay.pid)
  await sendBatches(relay.url, key, count)
  // The last reports leave within a second.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  const micros = (seconds: number) => (seconds * 1e6) / count
  const after = [cpuSeconds(server.pid), await storedBatches(server)] as const
  return {
    micros: {
      server: micros(direct[0] - before[0]),
      relay: micros(cpuSeconds(relay.pid) - relayCpu),
    },
    upstreamMicros: micros(after[0] - direct[0]),
    forwarded: after[1] - direct[1],
    counted: await countExposures(server, 2 * count * FLAGS),
  }
}

/** Waits until a server has counted the expected exposures, and returns the number at the end. */
async function countExposures(server: FlaghoistServer, expected: number): Promise<number> {
  for (const giveUpAt = performance.now() + COUNTED_WITHIN_MS; ; ) {
    const { items } = await server.ask<Exposures>('GET', 'exposures?interval=total')
    const counted = items.reduce((sum, { count }) => sum + count, 0)
    if (counted === expected || performance.now() > giveUpAt) return counted
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function storedBatches({ url }: FlaghoistServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const [, count = '0'] = /flaghoist_event_batches_total\{result="stored"\} (\d+)/.exec(text) ?? []
  return Number(count)
}
