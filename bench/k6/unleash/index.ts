import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../test-support/free-port.ts'
import { cpuSeconds } from '../../cpu-time.ts'
import type { Requests, Target } from '../requests.ts'
import { FLAGS } from '../targets.ts'
import { findPostgres, startPostgres } from './postgres.ts'

const VERSION = '8.2.0'
/** Unleash is a program of its own, and no dependency: its licence is the AGPL. */
const FOLDER = fileURLToPath(new URL(`../../../.toolchain/unleash-${VERSION}`, import.meta.url))
const MAIN = join(FOLDER, 'node_modules/unleash-server/dist/server.js')
const START_MS = 90_000

const TOKENS = {
  INIT_ADMIN_API_TOKENS: '*:*.admin-token-of-the-benchmark',
  INIT_BACKEND_API_TOKENS: 'default:production.backend-token-of-the-benchmark',
  INIT_FRONTEND_API_TOKENS: 'default:production.frontend-token-of-the-benchmark',
}
/** Its limits of requests would be measured otherwise. */
const LIMITS = {
  REGISTER_CLIENT_RATE_LIMIT_PER_MINUTE: '100000000',
  CLIENT_METRICS_RATE_LIMIT_PER_MINUTE: '100000000',
  SDK_API_RATE_LIMIT_PER_MINUTE: '100000000',
  TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE: '100000000',
}

const SETTINGS = {
  ...TOKENS,
  ...LIMITS,
  TZ: 'UTC',
  NODE_ENV: 'production',
  DATABASE_SSL: 'false',
  HTTP_HOST: '127.0.0.1',
  LOG_LEVEL: 'error',
  SEND_TELEMETRY: 'false',
  CHECK_VERSION: 'false',
}

/** Starts Unleash with the flags of the benchmark; undefined without PostgreSQL. */
export async function startUnleash(): Promise<Target | undefined> {
  const programs = findPostgres()
  if (programs === undefined) {
    console.error('Unleash is not measured. Install PostgreSQL from Debian to measure it.')
    return undefined
  }
  if (!existsSync(MAIN)) install()
  const postgres = await startPostgres(programs)
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...SETTINGS, DATABASE_URL: postgres.url, PORT: `${port}` },
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    await postgres.stop()
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await untilHealthy(url)
    for (const flag of FLAGS) await createFlag(featuresOf(url), flag)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: `Unleash ${VERSION}`,
    cpuSeconds: () => cpuSeconds(child.pid!) + cpuOfTree(postgres.pid),
    requests: requestsOf(url),
    stop,
  }
}

function install(): void {
  console.error(`Installing Unleash ${VERSION}, a minute once …`)
  const args = ['install', '--prefix', FOLDER, '--no-audit', '--no-fund', '--ignore-scripts']
  execFileSync('npm', [...args, `unleash-server@${VERSION}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function untilHealthy(url: string): Promise<void> {
  const end = Date.now() + START_MS
  for (;;) {
    const response = await fetch(`${url}/health`).catch(() => undefined)
    if (response?.ok) return
    if (Date.now() > end) throw new Error('Unleash did not start.')
    await sleep(200)
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ADMIN = { authorization: TOKENS.INIT_ADMIN_API_TOKENS, ...JSON_TYPE }
const BACKEND = { authorization: TOKENS.INIT_BACKEND_API_TOKENS }

function featuresOf(url: string): string {
  return `${url}/api/admin/projects/default/features`
}

/** Creates a flag that is on for all. */
async function createFlag(features: string, name: string): Promise<void> {
  const parameters = { rollout: '100', stickiness: 'default', groupId: name }
  await post(features, { name, type: 'release' })
  await post(`${features}/${name}/environments/production/strategies`, {
    name: 'flexibleRollout',
    parameters,
  })
  await post(`${features}/${name}/environments/production/on`, {})
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers: ADMIN, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${await response.text()}`)
}

/** The requests of the SDKs and of the dashboard of Unleash. */
function requestsOf(url: string): Requests {
  const toggles = Object.fromEntries(FLAGS.map((flag) => [flag, { yes: 1, no: 0 }]))
  const bucket = { start: '2026-11-26T08:00:00Z', stop: '2026-11-26T08:01:00Z', toggles }
  return {
    evaluateAll: [
      {
        method: 'GET',
        url: `${url}/api/frontend?userId=user-1&properties%5Bplan%5D=pro`,
        headers: { authorization: TOKENS.INIT_FRONTEND_API_TOKENS },
        status: 200,
      },
    ],
    ruleset: [{ method: 'GET', url: `${url}/api/client/features`, headers: BACKEND, status: 200 }],
    report: [
      {
        method: 'POST',
        url: `${url}/api/client/metrics`,
        headers: { ...BACKEND, ...JSON_TYPE },
        body: JSON.stringify({ appName: 'k6', instanceId: 'k6', bucket }),
        status: 202,
      },
    ],
    write: ['off', 'on'].flatMap((state) =>
      FLAGS.map((flag) => ({
        method: 'POST' as const,
        url: `${featuresOf(url)}/${flag}/environments/production/${state}`,
        headers: ADMIN,
        body: '{}',
        status: 200,
      })),
    ),
  }
}

/** CPU time of a process and its children. */
function cpuOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/)
  return [pid, ...children.filter(Boolean).map(Number)]
    .map(cpuSeconds)
    .reduce((sum, seconds) => sum + seconds, 0)
}
