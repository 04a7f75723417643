import { freePort } from '../../../test-support/free-port.ts'
import { loadConfig } from '../src/config.ts'
import { type RunningRelay, startRelay } from '../src/start-relay.ts'

/** A relay in front of a test server, whose keys tests create later. */
export interface RelayFront extends AsyncDisposable {
  readonly url: string
  /** Starts the relay again, on the same port, with one more key. */
  addKey(key: string): Promise<void>
  /** Resolves once the server has the reports of all clients. */
  forwarded(): Promise<void>
}

/** Headers of a request whose connection no later one finds closed by a restart of the relay. */
export const FRESH = { connection: 'close' }

/** Starts a relay that serves the clients of a test server. */
export async function startRelayFront(
  upstream: string,
  settings: Readonly<Record<string, string>>,
): Promise<RelayFront> {
  const FLAGHOIST_PORT = `${await freePort()}`
  const keys = ['fh_server_of-nobody']
  let relay = await startTestRelay(upstream, keys, { ...settings, FLAGHOIST_PORT })
  return {
    url: relay.url,
    async addKey(key) {
      keys.push(key)
      await relay[Symbol.asyncDispose]()
      relay = await startTestRelay(upstream, keys, { ...settings, FLAGHOIST_PORT })
    },
    async forwarded() {
      for (;;) {
        const answer = await fetch(`${relay.url}/readyz`, { headers: FRESH })
        const { queuedBytes } = (await answer.json()) as { queuedBytes: number }
        if (queuedBytes === 0) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

/** A real relay on a free port. */
export interface TestRelay extends AsyncDisposable {
  readonly url: string
  readonly relay: RunningRelay
}

/** Starts a relay of a server, without a disk unless the settings name one. */
export async function startTestRelay(
  upstream: string,
  keys: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<TestRelay> {
  const config = loadConfig({
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_UPSTREAM_URL: upstream,
    FLAGHOIST_UPSTREAM_KEYS: keys.join(','),
    ...settings,
  })
  const relay = await startRelay({ ...config, upstream: config.upstream! })
  return { url: relay.url, relay, [Symbol.asyncDispose]: () => relay.close() }
}
