import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../free-port.ts'
import { ADMIN_KEY } from './admin.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))

const CLOCK = fileURLToPath(new URL('moved-clock.ts', import.meta.url))
const OPTIONS = ['--conditions=@flaghoist/source', '--import', CLOCK]

/** The processes that were started. A test that ends early must leave none behind. */
const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/** A server process on a fixed port, so that it can be killed and started again. */
export interface FaultyServer {
  readonly port: number
  readonly dataDir: string
  readonly pid: number
  /** Starts the process, and waits until it listens. */
  start(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Moves the wall clock of the process by a distance from the real one, ms. */
  moveClock(ms: number): void
  /** Kills the process without warning, and waits until it is gone. */
  kill(): Promise<void>
}

/** Starts a server with an empty data folder. @param settings further settings, by variable */
export async function startFaultyServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<FaultyServer> {
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
      child = spawn(process.execPath, [...OPTIONS, MAIN], {
        env: {
          ...process.env,
          FLAGHOIST_PORT: String(port),
          FLAGHOIST_DATA_DIR: dataDir,
          FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
          FLAGHOIST_RATE_LIMIT: '0',
          FLAGHOIST_LOG_LEVEL: 'error',
          ...settings,
        },
        stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      })
      started.add(child)
      for await (const line of createInterface({ input: child.stdout! })) {
        if (!line.includes(String(port))) continue
        child.stdout!.resume()
        return
      }
      throw new Error('The server ended before it listened.')
    },
    signal: (name) => void child.kill(name),
    moveClock: (ms) => void child.send(ms),
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
