import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { FLAGS } from './batches.ts'

/** A server in its own process, ready to receive reports. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly key: string
  readonly revision: number
  stop(): Promise<void>
}

const ADMIN_KEY = 'fh_admin_for-benchmarks-000000000'
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export async function startFloor(): Promise<Target> {
  const { child, url } = await start([path('./floor.ts')], {})
  return {
    name: 'Fastify + zod, discarded',
    url,
    key: 'none',
    revision: 1,
    stop: () => stop(child),
  }
}

/** Flaghoist with a database file and one flag per item of a batch. */
export async function startFlaghoist(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const { child, url } = await start([path('../../packages/server/dist/main.js')], {
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: folder,
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_SERVER_EVENTS: '1000000000',
  })
  const ask = async (method: string, to: string, key: string, body?: object) => {
    const response = await fetch(url + to, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${to}: ${await response.text()}`)
    return (await response.json()) as Record<string, never>
  }
  const project = '/api/v1/projects/default'
  for (const flag of FLAGS) {
    await ask('POST', `${project}/flags`, ADMIN_KEY, { key: flag })
    // The server stores units only of rollouts and splits, in the arm of their bucket.
    const layer = { on: true, rollout: { percent: 100 } }
    await ask('PUT', `${project}/flags/${flag}/layers/production`, ADMIN_KEY, layer)
  }
  const { secret } = await ask('POST', `${project}/keys`, ADMIN_KEY, {
    name: 'bench',
    kind: 'server',
    scope: 'production',
  })
  const { version } = await ask('GET', '/sdk/v1/ruleset', secret!)
  return {
    name: 'Flaghoist, stored in SQLite',
    url,
    key: secret!,
    revision: version!,
    async stop() {
      await stop(child)
      rmSync(folder, { recursive: true })
    },
  }
}

/** Starts a program and waits for the URL that it prints. */
async function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--conditions=@flaghoist/source', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url === undefined) continue
    child.stdout!.resume()
    return { child, url }
  }
  throw new Error(`${args.join(' ')} did not start.`)
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
