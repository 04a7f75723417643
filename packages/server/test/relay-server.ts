import { loadConfig } from '../src/config.ts'
import { type RunningRelay, startRelay } from '../src/start-relay.ts'

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
