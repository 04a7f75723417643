import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A server program in a process of its own. */
export interface Program {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** A Flaghoist server with a database file, and its project `default`. */
export interface FlaghoistServer extends Program {
  /** Headers that authorise every request. */
  readonly adminHeaders: Readonly<Record<string, string>>
  /**
   * Sends a request to a path of the project, or to any path that starts with `/`.
   * @param body a text is sent as it is
   * @throws {Error} for a response that is not 2xx
   */
  ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: object | string,
    key?: string,
  ): Promise<T>
  /**
   * Creates a key for servers and returns its secret.
   * @param scope by default every scope
   */
  makeKey(scope?: string): Promise<string>
}

const ADMIN_KEY = 'fh_admin_for-benchmarks-000000000'
/** The built server. */
export const MAIN = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url))

/**
 * Starts the built server on an empty folder, which is deleted at its end.
 * @param core the only core that it may use; by default all
 */
export async function startFlaghoistServer(
  settings: Readonly<Record<string, string>> = {},
  core?: number,
): Promise<FlaghoistServer> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const env = {
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: folder,
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_LOG_LEVEL: 'error',
    ...settings,
  }
  const program = await startProgram([MAIN], env, core)
  const ask: FlaghoistServer['ask'] = async (method, path, body, key = ADMIN_KEY) => {
    const target = path.startsWith('/') ? path : `/api/v1/projects/default/${path}`
    const response = await fetch(program.url + target, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${target}: ${await response.text()}`)
    return (await response.json()) as never
  }
  return {
    ...program,
    adminHeaders: { authorization: `Bearer ${ADMIN_KEY}` },
    ask,
    async makeKey(scope) {
      const body = { name: `bench ${scope ?? '*'}`, kind: 'server', ...(scope && { scope }) }
      return (await ask<{ secret: string }>('POST', 'keys', body)).secret
    },
    async stop() {
      await program.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Starts a relay of a server, for one of its keys. */
export function startRelay(
  upstream: string,
  key: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return startProgram([MAIN], {
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_LOG_LEVEL: 'error',
    FLAGHOIST_UPSTREAM_URL: upstream,
    FLAGHOIST_UPSTREAM_KEYS: key,
    ...settings,
  })
}

/**
 * Starts a Node.js program and waits for the URL that it prints.
 * @param core the only core that it may use; by default all
 */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  core?: number,
): Promise<Program> {
  // The built server loads built packages, as that of a user does.
  const options = args[0]!.endsWith('.ts') ? ['--conditions=@flaghoist/source'] : []
  const node = [process.execPath, ...options, ...args]
  const [command, ...rest] = core === undefined ? node : ['taskset', '-c', `${core}`, ...node]
  const child = spawn(command!, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url === undefined) continue
    child.stdout!.resume()
    return { url, pid: child.pid!, stop: () => stop(child) }
  }
  throw new Error(`${args.join(' ')} did not start.`)
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
