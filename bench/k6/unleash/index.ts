import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../test-support/free-port.ts'
import { cpuSeconds } from '../../cpu-time.ts'
import type { Requests, Target } from '../requests.ts'
import { FLAGS } from '../targets.ts'
import { findPostgres, startPostgres } from './postgres.ts'
import { sdkRequests } from './requests.ts'
import { ADMIN, TOKENS } from './tokens.ts'
import { untilAnswers } from './until-answers.ts'

const VERSION = '8.2.0'
/** Unleash is a program of its own, and no dependency: its licence is the AGPL. */
const FOLDER = fileURLToPath(new URL(`../../../.toolchain/unleash-${VERSION}`, import.meta.url))
const MAIN = join(FOLDER, 'node_modules/unleash-server/dist/server.js')

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

export interface Unleash extends Target {
  readonly url: string
}

/** Starts Unleash with the flags of the benchmark; undefined without PostgreSQL. */
export async function startUnleash(): Promise<Unleash | undefined> {
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
    await untilAnswers(`${url}/health`)
    for (const flag of FLAGS) await createFlag(featuresOf(url), flag)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: `Unleash ${VERSION}`,
    url,
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
  return {
    ...sdkRequests(url),
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
