import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startTestServer, type TestServer } from '../../../packages/server/test/http-server.ts'
import { freePort } from '../../../test-support/free-port.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The built shop with its own Flaghoist server. */
export interface Shop extends AsyncDisposable {
  readonly url: string
  readonly flaghoist: TestServer
  /** Rolls a flag out to a share of customers, in percent. */
  roll(flag: string, percent: number): Promise<void>
}

/** Builds the shop with its settings, as `npm run build` does. Its prerendered page holds them. */
async function buildShop(settings: Readonly<Record<string, string>>): Promise<void> {
  const build = spawn(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'],
    {
      cwd: ROOT,
      stdio: 'inherit',
      // A production build: the test runner sets another mode.
      env: { ...process.env, NODE_ENV: 'production', VITEST: undefined, ...settings },
    },
  )
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error(`The shop could not be built (${code}).`)
}

/** Builds the shop and starts it on a free port. */
export async function startShop(): Promise<Shop> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flaghoist = await startTestServer()
  const settings = {
    ORIGIN: url,
    FLAGHOIST_URL: flaghoist.url,
    FLAGHOIST_SERVER_KEY: await flaghoist.makeKey('server', 'production'),
    FLAGHOIST_CLIENT_KEY: await flaghoist.makeKey('client', 'production'),
  }
  await buildShop(settings)
  for (const key of ['new-checkout', 'new-prices', 'new-picks'])
    await flaghoist.ask('POST', 'flags', { body: { key, clientVisible: true } })
  const roll = async (flag: string, percent: number) => {
    const { status } = await flaghoist.ask('PATCH', `flags/${flag}/layers/production`, {
      body: { on: true, rollout: { percent } },
    })
    if (status !== 200) throw new Error(`The flag ${flag} could not be rolled out (${status}).`)
  }
  await roll('new-checkout', 50)
  for (const flag of ['new-prices', 'new-picks']) await roll(flag, 100)

  const child = spawn(process.execPath, ['build'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      ...settings,
    },
  })
  await once(child.stdout!, 'data') // Printed once it listens.
  child.stdout!.resume()

  return {
    url,
    flaghoist,
    roll,
    async [Symbol.asyncDispose]() {
      await stop(child)
      await flaghoist[Symbol.asyncDispose]()
    },
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
