import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../test-support/free-port.ts'
import { cpuSeconds } from '../../cpu-time.ts'
import type { Requests, Target } from '../requests.ts'
import { FLAGS } from '../targets.ts'
import type { Unleash } from './index.ts'
import { sdkRequests } from './requests.ts'
import { FRONTEND, TOKENS } from './tokens.ts'
import { untilAnswers } from './until-answers.ts'

const VERSION = '20.1.0'
/** Edge is a program of its own, and no dependency. Cargo needs half an hour to build it. */
const FOLDER = `.toolchain/unleash-edge-${VERSION}`
const PROGRAM = fileURLToPath(new URL(`../../../${FOLDER}/bin/unleash-edge`, import.meta.url))
const INSTALL = `cargo install unleash-edge --version ${VERSION} --locked --no-default-features --root ${FOLDER}`

/** Starts an Edge of a server; undefined where it is not installed. */
export async function startEdge(upstream: Unleash): Promise<Target | undefined> {
  if (!existsSync(PROGRAM)) {
    console.error(`Unleash Edge is not measured. To measure it, run: ${INSTALL}`)
    return undefined
  }
  const port = await freePort()
  const own = ['--port', `${port}`, '--interface', '127.0.0.1']
  const edge = ['edge', '--upstream-url', upstream.url, '--tokens', TOKENS.INIT_BACKEND_API_TOKENS]
  const child = spawn(PROGRAM, [...own, ...edge], {
    env: { ...process.env, RUST_LOG: 'error' },
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await untilAnswers(`${url}/internal-backstage/ready`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: `Unleash Edge ${VERSION}`,
    cpuSeconds: () => cpuSeconds(child.pid!),
    requests: requestsOf(url),
    stop,
  }
}

/** The requests of SDKs. Unlike its server, Edge evaluates single flags too. */
function requestsOf(url: string): Requests {
  return {
    ...sdkRequests(url),
    evaluateOne: FLAGS.map((flag) => ({
      method: 'GET' as const,
      url: `${url}/api/frontend/features/${flag}?userId=user-1&properties%5Bplan%5D=pro`,
      headers: FRONTEND,
      status: 200,
    })),
  }
}
