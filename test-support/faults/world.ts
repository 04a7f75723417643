import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFlags, type NodeFlags } from '../../packages/sdk-node/src/index.ts'
import { randomOf } from '../random.ts'
import { startRedis, type TestRedis } from '../redis.ts'
import { ask, FLAG, LAYER, PROJECT } from './admin.ts'
import { type FaultyServer, startFaultyServer } from './faulty-server.ts'
import { isRight, readLog } from './flag-log.ts'
import { type Link, startLink } from './link.ts'
import { countExceptions, sumOf, watch } from './watched-sdk.ts'
import { startWriter } from './writer.ts'

/** Time after which a server or an SDK counts as never right again, ms. */
const GIVE_UP_MS = 30_000
const SECRET = 'a secret of servers on Redis, for faults'

/** SDKs that evaluate without a pause, a writer, and the server between them. */
export interface World {
  readonly server: FaultyServer
  readonly link: Link
  /** The Redis that holds the store; undefined with a data folder. */
  readonly redis: TestRedis | undefined
  /** The key of the SDKs. */
  readonly key: string
  /** Kills the flag, and returns the time until the last SDK serves its off variant, ms. */
  killMs(): Promise<number>
  /** Makes a change, waits until every SDK holds it, and returns the time, ms. */
  rightAgainMs(): Promise<number>
  /** Compares all that SDKs have served since the last verdict with the log. */
  verdict(): Promise<Verdict>
  close(): Promise<void>
}

/** The broken promises of a run. */
export interface Verdict {
  readonly acknowledged: number
  readonly lost: number
  readonly evaluations: number
  readonly wrong: number
  readonly exceptions: number
  readonly backwards: number
}

export interface WorldOptions {
  readonly sdks: number
  /** Decides which packets are lost. */
  readonly seed: number
  /** Holds the store. A new one for each world. @default 'data folder' */
  readonly store?: 'data folder' | 'Redis'
}

export async function createWorld({ sdks, seed, store }: WorldOptions): Promise<World> {
  const redis = store === 'Redis' ? await startRedis() : undefined
  const server = await startFaultyServer(
    redis && { FLAGHOIST_REDIS_URL: redis.url, FLAGHOIST_SECRET: SECRET },
  )
  const url = `http://127.0.0.1:${server.port}`
  const link = await startLink(server.port, randomOf(seed))
  await ask(url, 'POST', `${PROJECT}/flags`, { key: FLAG })
  await ask(url, 'PUT', `${PROJECT}/${LAYER}`, { on: true })
  const { secret } = await ask<{ secret: string }>(url, 'POST', `${PROJECT}/keys`, {
    ...{ name: 'SDKs', kind: 'server', scope: 'production' },
  })
  const exceptions = countExceptions()
  const watched = Array.from({ length: sdks }, () =>
    watch(createFlags({ url: link.url, key: secret })),
  )
  await Promise.all(watched.map(({ flags }) => flags.ready({ timeout: 20_000 })))
  const writer = startWriter(url)
  const head = () =>
    ask<{ version: number }>(url, 'GET', `${PROJECT}/head`).then((one) => one.version)

  /** Waits until every SDK holds a condition, and returns the time, ms. */
  const until = async (holds: (flags: NodeFlags) => boolean) => {
    const began = performance.now()
    while (!watched.every(({ flags }) => holds(flags))) {
      await sleep(2)
      if (performance.now() - began > GIVE_UP_MS) break
    }
    return performance.now() - began
  }
  /** Turns the flag off and on once the server takes it, and returns the version. */
  const turnOn = async () => {
    const began = performance.now()
    for (;;)
      try {
        for (const on of [false, true]) await ask(url, 'PATCH', `${PROJECT}/${LAYER}`, { on })
        return await head()
      } catch (error) {
        if (performance.now() - began > GIVE_UP_MS) throw error
        await sleep(10)
      }
  }
  return {
    server,
    link,
    redis,
    key: secret,
    async killMs() {
      await writer.pause()
      await ask(url, 'PUT', `${PROJECT}/${LAYER}`, { on: true })
      const version = await head()
      await until((flags) => (flags.status().version ?? 0) >= version)
      const [ms] = await Promise.all([
        until((flags) => !flags.isEnabled(FLAG)),
        ask(url, 'POST', `${PROJECT}/flags/${FLAG}/kill`),
      ])
      await ask(url, 'POST', `${PROJECT}/flags/${FLAG}/restore`)
      writer.resume()
      return ms
    },
    async rightAgainMs() {
      const began = performance.now()
      await writer.pause()
      const version = await turnOn()
      await until((flags) => flags.status().state === 'live' && flags.status().version === version)
      const ms = performance.now() - began
      writer.resume()
      return ms
    },
    async verdict() {
      await writer.pause()
      const log = await readLog(url)
      const acknowledged = writer.acknowledged.splice(0)
      const seen = sumOf(watched.map(({ take }) => take()))
      const verdict = {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter((version) => !log.has(version)).length,
        evaluations: seen.count,
        wrong: [...seen.served].filter((one) => !isRight(one, log)).length,
        exceptions: exceptions.take() + seen.thrown,
        backwards: seen.backwards,
      }
      writer.resume()
      return verdict
    },
    async close() {
      await writer.pause()
      await Promise.all(watched.map((one) => one.close()))
      exceptions.stop()
      link.close()
      await server.kill()
      await redis?.stop()
      rmSync(server.dataDir, { recursive: true, force: true })
    },
  }
}
