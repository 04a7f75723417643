import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { openChanges } from './projects/open-projects.ts'
import type { Config } from './config.ts'
import { createCaps } from './events/caps.ts'
import { createSinks } from './events/sinks/create-sinks.ts'
import { type FirstStart, prepareFirstStart } from './first-start.ts'
import { createApiKeys } from './keys/api-keys.ts'
import type { Parts } from './services.ts'
import { createRulesets } from './rulesets/create-rulesets.ts'
import { openSqliteStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'
import { isThere } from './rulesets/target.ts'
import { createStreamHub } from './streams/create-hub.ts'
import { createPropagation } from './streams/propagation.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  /** What was made because there was nothing yet. */
  readonly firstStart: FirstStart | undefined
  /** Ends streams with a hint to come back, lets requests in flight finish, and closes the store. */
  close(): Promise<void>
}

const HOUSEKEEPING_MS = 10_000
/** How long the answer to a write is kept for a retry, and a batch id for its twin. */
const DAY_MS = 24 * 60 * 60 * 1_000
const RETRY_WINDOW_MS = DAY_MS
/** How long it is known who was exposed, after the last report of a revision, and how often which variant was served. */
const UNITS_KEPT_MS = 7 * DAY_MS
const SUMS_KEPT_MS = 30 * DAY_MS
const PRUNE_EVERY_MS = 10 * 60 * 1_000

/** Opens the store, prepares it if it is empty, and listens. @throws {FlaghoistError} where the store cannot be used */
export async function startServer(config: Config): Promise<RunningServer> {
  const store = openSqliteStore(config.dataDir)
  try {
    return await serve(config, store)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function serve(config: Config, store: Store): Promise<RunningServer> {
  const parts = await assembleParts(config, store)
  const firstStart = await prepareFirstStart(parts)
  const app = await buildApp(parts)
  await app.listen({ host: config.host, port: config.port })
  const every = (ms: number, work: () => Promise<void>) =>
    setInterval(() => {
      work().catch((error: unknown) =>
        app.log.warn({ err: error }, 'Housekeeping failed; it is tried again.'),
      )
    }, ms).unref()
  const timers = [
    every(HOUSEKEEPING_MS, () => parts.keys.flush()),
    every(PRUNE_EVERY_MS, () => prune(parts)),
  ]

  const { port } = app.server.address() as AddressInfo
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: config.publicUrl ?? `http://${host}:${port}`,
    firstStart,
    async close() {
      for (const timer of timers) clearInterval(timer)
      const force = setTimeout(() => app.server.closeAllConnections(), config.shutdownMs).unref()
      await app.close()
      clearTimeout(force)
      await parts.sinks.close()
      await parts.keys.flush()
      await store.close()
    },
  }
}

/** Puts the rooms of a server together, over an open store. */
export async function assembleParts(config: Config, store: Store): Promise<Parts> {
  const now = Date.now
  const elapsed = () => performance.now()
  const changes = await openChanges({
    store,
    now,
    onListenerError: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
  })
  const propagation = createPropagation(now, elapsed)
  // Before the rulesets listen: a confirmation must not come before the commit that it confirms.
  changes.onChange(({ key }, change) => propagation.committed(key, change.seq))
  changes.onEpoch(({ key }) => propagation.renewed(key))
  const rulesets = createRulesets(changes)
  const keys = await createApiKeys({ changes, store, now })
  const hub = createStreamHub({
    rulesets,
    propagation,
    heartbeatMs: config.heartbeatMs,
    bufferBytes: config.streamBufferBytes,
    streamAgeMs: config.streamAgeMs,
    isKeyLive: keys.isLive,
    isThere: (address) => isThere(changes, address),
    elapsed,
    random: Math.random,
  })
  keys.onRevoked((keyId) => hub.cut(keyId))
  const caps = createCaps(now, ({ keyId, flag }) =>
    warn(
      `Key ${keyId} reports more than it may, of "${flag}" at least; what is too much is dropped. GET /api/v1/projects/{project}/exposures lists it under "capped".`,
    ),
  )
  const sinks = createSinks(config, warn)
  return { config, store, changes, keys, rulesets, propagation, hub, caps, sinks, now }
}

async function prune({ store, now }: Parts): Promise<void> {
  const before = (ms: number) => now() - ms
  await store.prune({
    retries: before(RETRY_WINDOW_MS),
    units: before(UNITS_KEPT_MS),
    sums: before(SUMS_KEPT_MS),
  })
}

function warn(message: string): void {
  process.emitWarning(message, 'FlaghoistWarning')
}
