import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from '../cpu-time.ts'
import { median } from '../evaluate/measure.ts'
import { type FlaghoistServer, type Program, startProgram } from '../server.ts'
import { SERVER_CORE } from './cores.ts'
import { type Crowd, startCrowd } from './crowd.ts'
import type { Arrivals, Broadcast } from './load.ts'
import { portOf, requestText } from './request-text.ts'

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
/** Programs that broadcast, and their requests. */
const PROGRAMS = {
  floor: { file: pathOf('tcp-floor.ts'), open: 'open\n', broadcast: 'broadcast\n' },
  sockets: {
    file: pathOf('http-sockets.ts'),
    open: requestText('GET /', {}),
    broadcast: requestText('POST /', { 'content-length': '0' }),
  },
}
const MARKER = 'event: patch'
/** Time in which a server on the same core finishes its last broadcast, ms. */
const PAUSE_MS = 100

/** Broadcasts to the same number of sockets: medians of all rounds, ms. */
export interface BroadcastTimes {
  /** Time from the request to the first socket. */
  readonly first: number
  readonly p50: number
  readonly p99: number
  /** CPU time of the server for one socket, µs. */
  readonly cpu: number
}

export interface KillOptions {
  /** The flag that is killed and restored. */
  readonly flag: string
  /** The request that opens a stream. */
  readonly request: string
  readonly streams: number
  readonly rounds: number
}

/** Measures kills beside broadcasts over raw TCP and over sockets of `node:http`, in turns. */
export async function measureKills(server: FlaghoistServer, options: KillOptions) {
  const { flag, request, streams, rounds } = options
  const ours = startCrowd()
  const others: Broadcaster[] = []
  try {
    await ours.open({ port: portOf(server), count: streams, request })
    const toServer = (action: string): Broadcast => ({
      port: portOf(server),
      request: requestText(`POST /api/v1/projects/default/flags/${flag}/${action}`, {
        ...server.adminHeaders,
        'content-length': '0',
      }),
      marker: MARKER,
    })
    const { bytes } = await killAndRestore(ours, toServer)
    const [floor, sockets] = [
      await startBroadcaster(PROGRAMS.floor, { bytes, streams }, others),
      await startBroadcaster(PROGRAMS.sockets, { bytes, streams }, others),
    ]

    const measured: Record<'ours' | 'floor' | 'sockets', Round[]> = {
      ours: [],
      floor: [],
      sockets: [],
    }
    for (let round = 0; round < rounds; round += 1) {
      measured.ours.push(await roundOf(server, () => killAndRestore(ours, toServer)))
      measured.floor.push(await roundOf(floor.program, floor.broadcast))
      measured.sockets.push(await roundOf(sockets.program, sockets.broadcast))
    }
    return {
      ours: timesOf(measured.ours, 2),
      floor: timesOf(measured.floor, 1),
      sockets: timesOf(measured.sockets, 1),
    }
  } finally {
    ours.end()
    for (const { crowd, program } of others) {
      crowd.end()
      await program.stop()
    }
  }
}

/** A program that does nothing but broadcast, and its sockets. */
interface Broadcaster {
  readonly program: Program
  readonly crowd: Crowd
  broadcast(): Promise<Arrivals>
}

/** @param started receives the program, so that it ends even if its sockets do not open */
async function startBroadcaster(
  { file, open, broadcast }: (typeof PROGRAMS)['floor'],
  { bytes, streams }: { readonly bytes: number; readonly streams: number },
  started: Broadcaster[],
): Promise<Broadcaster> {
  const program = await startProgram([file], { FRAME: MARKER.padEnd(bytes) }, SERVER_CORE)
  const crowd = startCrowd()
  const order = { port: portOf(program), request: broadcast, marker: MARKER }
  const broadcaster = { program, crowd, broadcast: () => crowd.broadcast(order) }
  started.push(broadcaster)
  await crowd.open({ port: portOf(program), count: streams, request: open })
  return broadcaster
}

async function killAndRestore(crowd: Crowd, orderOf: (action: string) => Broadcast) {
  const arrivals = await crowd.broadcast(orderOf('kill'))
  await crowd.broadcast(orderOf('restore'))
  return arrivals
}

interface Round {
  /** Sorted, ms. */
  readonly times: readonly number[]
  /** CPU time of the server, s. */
  readonly seconds: number
}

async function roundOf({ pid }: Program, broadcast: () => Promise<Arrivals>): Promise<Round> {
  await wait(PAUSE_MS)
  const before = cpuSeconds(pid)
  const { times } = await broadcast()
  return { times, seconds: cpuSeconds(pid) - before }
}

/** @param broadcasts broadcasts of each round */
function timesOf(rounds: readonly Round[], broadcasts: number): BroadcastTimes {
  const at = (part: number) =>
    median(rounds.map(({ times }) => times[Math.floor((times.length - 1) * part)]!))
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0)
  const sockets = rounds.length * broadcasts * rounds[0]!.times.length
  return { first: at(0), p50: at(0.5), p99: at(0.99), cpu: (seconds / sockets) * 1e6 }
}
