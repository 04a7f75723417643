import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, FLAG, LAYER, PROJECT } from './admin.ts'
import { type Crowd, startCrowd } from './crowd.ts'
import { startFaultyServer } from './faulty-server.ts'
import { isRight, readLog } from './flag-log.ts'
import { brokenLimits, type Row } from './measure.ts'
import { sumOf } from './watched-sdk.ts'

/** Goal: time from the cut until every client is right again, ms. */
const RIGHT_WITHIN_MS = 5_000
/** Goal: time of a kill until the last client that is connected, while the others return, ms. */
const KILL_WITHIN_MS = 500
const PROCESSES = 2
/** Rate at which a server asks its clients to confirm a change. */
const CONFIRMATIONS_PER_MS = 1
/** Interval at which the storm is observed, ms. */
const LOOK_MS = 100

export interface StormOptions {
  readonly clients: number
  /** Factor of all limits of time, for a machine that does other work. */
  readonly tolerance: number
}

/**
 * Cuts all clients of a server at once. When half of them have returned, a kill must reach these,
 * and the others as they return.
 */
export async function measureStorm({ clients, tolerance }: StormOptions): Promise<Row> {
  const server = await startFaultyServer({ FLAGHOIST_HOST: '0.0.0.0' })
  const url = `http://127.0.0.1:${server.port}`
  const crowds = Array.from({ length: PROCESSES }, startCrowd)
  /** Versions that the server has acknowledged. */
  const acknowledged: number[] = []
  const write = async (method: string, path: string, body?: object) => {
    await ask(url, method, `${PROJECT}/${path}`, body)
    acknowledged.push((await ask<{ version: number }>(url, 'GET', `${PROJECT}/head`)).version)
  }
  /** Waits until every client is live and holds the latest version. Returns the time, epoch ms. */
  const allRight = async () => {
    const times = await Promise.all(crowds.map((crowd) => crowd.right(acknowledged.at(-1)!)))
    return Math.max(...times)
  }
  const turnOn = async () => {
    await write('PUT', LAYER, { on: true })
    await allRight()
  }
  /** Returns the time until the last client that streams serves the off variant, ms. */
  const kill = async () => {
    const began = now()
    const off = Promise.all(crowds.map((crowd) => crowd.off()))
    await write('POST', `flags/${FLAG}/kill`)
    return Math.max(...(await off)) - began
  }
  try {
    await write('POST', 'flags', { key: FLAG })
    await openAll(url, crowds, clients)
    await turnOn()
    await sleep(clients / CONFIRMATIONS_PER_MS)

    const cutAt = now()
    await Promise.all(crowds.map((crowd) => crowd.cut()))
    while ((await countStreaming(crowds)) < clients / 2) await sleep(LOOK_MS)
    const killDuringMs = await kill()
    const rightMs = (await allRight()) - cutAt

    await write('POST', `flags/${FLAG}/restore`)
    await turnOn()
    const killMs = await kill()

    const log = await readLog(url)
    const seen = sumOf(await Promise.all(crowds.map((crowd) => crowd.take())))
    const row = {
      name: `all connections of ${clients.toLocaleString('en')} clients reset at once`,
      rightMs,
      killDuringMs,
      killMs,
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((version) => !log.has(version)).length,
      evaluations: seen.count,
      wrong: [...seen.served].filter((one) => !isRight(one, log)).length,
      exceptions: seen.thrown,
      backwards: seen.backwards,
    }
    const killLimitMs = KILL_WITHIN_MS * tolerance
    const limits = { rightMs: RIGHT_WITHIN_MS * tolerance, killDuringMs: killLimitMs }
    return { ...row, broken: brokenLimits(row, { ...limits, killMs: killLimitMs }) }
  } finally {
    for (const crowd of crowds) crowd.end()
    await server.kill()
    rmSync(server.dataDir, { recursive: true, force: true })
  }
}

/** Opens the streams of all clients. Each process has a key, because one allows 10,000 streams. */
async function openAll(url: string, crowds: readonly Crowd[], clients: number): Promise<void> {
  const body = { name: 'SDKs', kind: 'server', scope: 'production' }
  const count = clients / crowds.length
  await Promise.all(
    crowds.map(async (crowd) => {
      const { secret } = await ask<{ secret: string }>(url, 'POST', `${PROJECT}/keys`, body)
      await crowd.open({ url, key: secret, count })
    }),
  )
}

async function countStreaming(crowds: readonly Crowd[]): Promise<number> {
  const counts = await Promise.all(crowds.map((crowd) => crowd.streaming()))
  return counts.reduce((total, count) => total + count, 0)
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
