import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFlags, type NodeFlags } from '../../packages/sdk-node/src/index.ts'
import { randomOf } from '../random.ts'
import { freePort } from '../redis.ts'
import { type Link, startLink } from './link.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))
const ADMIN_KEY = 'fh_admin_for-faults-only-000000000'
const PROJECT = '/api/v1/projects/default'
const FLAG = 'new-checkout'
const LAYER = `flags/${FLAG}/layers/production`
const SAMPLE_MS = 10
const WRITE_MS = 25
/** Time after which an SDK counts as never right again, ms. */
const GIVE_UP_MS = 30_000

/** A server process on a fixed port, so that it can be killed and started again. */
export interface FaultyServer {
  readonly port: number
  readonly dataDir: string
  readonly pid: number
  /** Starts the process, and waits until it listens. */
  start(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Kills the process without warning, and waits until it is gone. */
  kill(): Promise<void>
}

/** SDKs that evaluate without a pause, a writer, and the server between them. */
export interface World {
  readonly server: FaultyServer
  readonly link: Link
  /** Kills the flag, and returns the time until the last SDK serves its off variant, ms. */
  killMs(): Promise<number>
  /** Waits until every SDK holds the head of the log, and returns the time, ms. */
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

interface Layer {
  readonly on?: boolean
  readonly killed?: object
}
interface Change {
  readonly seq: number
  readonly edits: readonly { readonly key: string; readonly after: Layer | null }[]
}

export interface WorldOptions {
  readonly sdks: number
  /** Decides which packets are lost. */
  readonly seed: number
}

export async function createWorld({ sdks, seed }: WorldOptions): Promise<World> {
  const server = await createServer()
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

  const until = async (holds: (flags: NodeFlags) => boolean) => {
    const began = performance.now()
    while (!watched.every(({ flags }) => holds(flags))) {
      await sleep(2)
      if (performance.now() - began > GIVE_UP_MS) break
    }
    return performance.now() - began
  }
  return {
    server,
    link,
    async killMs() {
      await writer.pause()
      await ask(url, 'PUT', `${PROJECT}/${LAYER}`, { on: true })
      const version = await head()
      await until((flags) => (flags.status().version ?? 0) >= version)
      const began = performance.now()
      const killed = ask(url, 'POST', `${PROJECT}/flags/${FLAG}/kill`)
      await until((flags) => !flags.isEnabled(FLAG))
      const ms = performance.now() - began
      await killed
      await ask(url, 'POST', `${PROJECT}/flags/${FLAG}/restore`)
      writer.resume()
      return ms
    },
    async rightAgainMs() {
      const began = performance.now()
      await writer.pause()
      const version = await head()
      await until((flags) => flags.status().state === 'live' && flags.status().version === version)
      const ms = performance.now() - began
      writer.resume()
      return ms
    },
    async verdict() {
      await writer.pause()
      const log = await readLog(url)
      const acknowledged = writer.acknowledged.splice(0)
      const seen = watched.map(({ take }) => take())
      const sum = (one: (part: Seen) => number) =>
        seen.reduce((total, part) => total + one(part), 0)
      const verdict = {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter((version) => !log.has(version)).length,
        evaluations: sum(({ count }) => count),
        wrong: sum(({ served }) => [...served].filter((one) => !isRight(one, log)).length),
        exceptions: exceptions.take() + sum(({ thrown }) => thrown),
        backwards: sum(({ backwards }) => backwards),
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
      rmSync(server.dataDir, { recursive: true, force: true })
    },
  }
}

async function createServer(): Promise<FaultyServer> {
  const port = await freePort()
  const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-faults-'))
  let child: ChildProcess
  const server: FaultyServer = {
    port,
    dataDir,
    get pid() {
      return child.pid!
    },
    async start() {
      child = spawn(process.execPath, ['--conditions=@flaghoist/source', MAIN], {
        env: {
          ...process.env,
          FLAGHOIST_PORT: String(port),
          FLAGHOIST_DATA_DIR: dataDir,
          FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
          FLAGHOIST_RATE_LIMIT: '0',
          FLAGHOIST_LOG_LEVEL: 'error',
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      for await (const line of createInterface({ input: child.stdout! }))
        if (line.includes(String(port))) break
      child.stdout!.resume()
    },
    signal: (name) => void child.kill(name),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
  await server.start()
  return server
}

async function ask<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(40_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text)
}

/** Turns the flag on and off, and remembers the versions that the server has acknowledged. */
function startWriter(url: string) {
  const acknowledged: number[] = []
  let isPaused = false
  let on = false
  let running: Promise<void> = Promise.resolve()
  const write = async () => {
    while (!isPaused) {
      on = !on
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ on })
      const signal = AbortSignal.timeout(1_000)
      await fetch(`${url}${PROJECT}/${LAYER}`, { method: 'PATCH', headers, body, signal })
        .then((response) => {
          if (response.ok) acknowledged.push(Number(response.headers.get('flaghoist-version')))
        })
        .catch(() => undefined)
      await sleep(WRITE_MS)
    }
  }
  running = write()
  return {
    acknowledged,
    async pause() {
      isPaused = true
      await running
    },
    resume() {
      isPaused = false
      running = write()
    },
  }
}

/** The evaluations of one SDK. */
interface Seen {
  readonly count: number
  /** Each version and the value that was served with it. */
  readonly served: ReadonlySet<string>
  readonly thrown: number
  readonly backwards: number
}

const NOTHING = () => ({ count: 0, served: new Set<string>(), thrown: 0, backwards: 0 })

/** Evaluates the flag of an SDK again and again. */
function watch(flags: NodeFlags) {
  let seen = NOTHING()
  let latest = 0
  const timer = setInterval(() => {
    try {
      const { version = 0 } = flags.status()
      if (version < latest) seen.backwards += 1
      latest = version
      seen.served.add(`${version} ${flags.isEnabled(FLAG)}`)
      seen.count += 1
    } catch {
      seen.thrown += 1
    }
  }, SAMPLE_MS)
  return {
    flags,
    take(): Seen {
      const taken = seen
      seen = NOTHING()
      return taken
    },
    async close() {
      clearInterval(timer)
      await flags.close()
    },
  }
}

/** Counts rejections that nobody has handled. */
function countExceptions() {
  let count = 0
  const note = () => {
    count += 1
  }
  process.on('unhandledRejection', note)
  return {
    take() {
      const taken = count
      count = 0
      return taken
    },
    stop: () => void process.off('unhandledRejection', note),
  }
}

/** Returns the value of the flag by version, as the log says. */
async function readLog(url: string): Promise<ReadonlyMap<number, boolean>> {
  const values = new Map<number, boolean>()
  const changes: Change[] = []
  let cursor = ''
  for (;;) {
    const page = await ask<{ items: Change[]; next?: string }>(
      url,
      'GET',
      `${PROJECT}/changes?limit=100${cursor}`,
    )
    changes.push(...page.items)
    if (page.next === undefined) break
    cursor = `&cursor=${page.next}`
  }
  const layers = new Map<string, Layer | null>()
  for (const { seq, edits } of changes.toSorted((a, b) => a.seq - b.seq)) {
    for (const { key, after } of edits) layers.set(key, after)
    const isKilled = [...layers.values()].some((layer) => layer?.killed !== undefined)
    values.set(seq, !isKilled && layers.get(`${FLAG}@production`)?.on === true)
  }
  return values
}

function isRight(served: string, log: ReadonlyMap<number, boolean>): boolean {
  const [version, value] = served.split(' ')
  return version === '0' || String(log.get(Number(version))) === value
}
