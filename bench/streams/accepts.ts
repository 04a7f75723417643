import { setTimeout as wait } from 'node:timers/promises'
import { cpuSeconds } from '../cpu-time.ts'
import { residentKib } from '../resident-memory.ts'
import type { Program } from '../server.ts'
import { type Crowd, startCrowd } from './crowd.ts'
import { portOf } from './request-text.ts'

/** A server without work for this time has closed all streams, ms. */
const QUIET_MS = 300

/** Streams of one kind to one server. */
export interface Opening {
  readonly program: Program
  /** The request that opens a stream. */
  readonly request: string
}

export interface AcceptOptions {
  readonly ours: Opening
  readonly floor: Opening
  readonly streams: number
  /** Times that all streams are opened. */
  readonly storms: number
}

/** Rates at which a server accepts streams. */
export interface AcceptRate {
  /** Streams per second. */
  readonly wall: number
  /** Streams per second of CPU time of the server. */
  readonly cpu: number
}

/** Opens all streams of two servers in turns, and closes them again. */
export async function measureAccepts({ ours, floor, streams, storms }: AcceptOptions) {
  const crowd = startCrowd()
  try {
    const spent = { ours: { ms: 0, seconds: 0 }, floor: { ms: 0, seconds: 0 } }
    for (let storm = -1; storm < storms; storm += 1)
      for (const [side, opening] of [['ours', ours] as const, ['floor', floor] as const]) {
        const { ms, seconds } = await openAll(crowd, opening, streams)
        await crowd.close()
        await quiet(opening.program)
        if (storm < 0) continue // The first storm warms up.
        spent[side].ms += ms
        spent[side].seconds += seconds
      }
    const rateOf = ({ ms, seconds }: { ms: number; seconds: number }): AcceptRate => ({
      wall: (streams * storms * 1_000) / ms,
      cpu: (streams * storms) / seconds,
    })
    return { ours: rateOf(spent.ours), floor: rateOf(spent.floor) }
  } finally {
    crowd.end()
  }
}

async function openAll(crowd: Crowd, { program, request }: Opening, count: number) {
  const before = cpuSeconds(program.pid)
  const ms = await crowd.open({ port: portOf(program), count, request })
  return { ms, seconds: cpuSeconds(program.pid) - before }
}

/** Resolves once a server has little to do. */
async function quiet({ pid }: Program): Promise<void> {
  for (let before = -1; cpuSeconds(pid) - before > 0.02; ) {
    before = cpuSeconds(pid)
    await wait(QUIET_MS)
  }
}

/** Returns the memory of an open stream, in kB of 1,024 bytes. The server has no streams before. */
export async function memoryOf({ program, request }: Opening, streams: number): Promise<number> {
  const crowd = startCrowd()
  try {
    const warm = Math.ceil(streams / 10)
    await crowd.open({ port: portOf(program), count: warm, request })
    const before = residentKib(program.pid)
    await crowd.open({ port: portOf(program), count: streams - warm, request })
    return (residentKib(program.pid) - before) / (streams - warm)
  } finally {
    await crowd.close()
    crowd.end()
    await quiet(program)
  }
}
