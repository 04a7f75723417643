import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from '../cpu-time.ts'
import { median } from '../evaluate/measure.ts'
import { type FlaghoistServer, type Program, startProgram } from '../server.ts'
import { SERVER_CORE } from './cores.ts'
import { type Crowd, startCrowd } from './crowd.ts'
import type { Arrivals, Broadcast } from './load.ts'
import { portOf, requestText } from './request-text.ts'

const TCP_FLOOR = fileURLToPath(new URL('tcp-floor.ts', import.meta.url))
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

/** Measures kills beside broadcasts over raw TCP, in turns. */
export async function measureKills(server: FlaghoistServer, options: KillOptions) {
  const { flag, request, streams, rounds } = options
  const [ours, floor] = [startCrowd(), startCrowd()]
  let program: Program | undefined
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
    program = await startProgram([TCP_FLOOR], { FRAME: MARKER.padEnd(bytes) }, SERVER_CORE)
    const toFloor = { port: portOf(program), request: 'broadcast\n', marker: MARKER }
    await floor.open({ port: portOf(program), count: streams, request: 'open\n' })

    const [ourRounds, floorRounds]: [Round[], Round[]] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      ourRounds.push(await roundOf(server, () => killAndRestore(ours, toServer)))
      floorRounds.push(await roundOf(program, () => floor.broadcast(toFloor)))
    }
    return { ours: timesOf(ourRounds, 2), floor: timesOf(floorRounds, 1) }
  } finally {
    for (const crowd of [ours, floor]) crowd.end()
    await program?.stop()
  }
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
