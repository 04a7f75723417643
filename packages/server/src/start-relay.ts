import { assembleRelay, type RelayConfig } from './assemble-relay.ts'
import { BATCH_IDS_KEPT_MS } from './ingest/locate-items.ts'
import { createRetentionClock } from './retention-clock.ts'
import { createSdkServer } from './sdk-server.ts'
import { MINUTE_MS } from './time.ts'

/** A relay that listens. */
export interface RunningRelay {
  readonly url: string
  /** Ends streams with a hint to reconnect, awaits requests in flight, and closes the queue. */
  close(): Promise<void>
}

const PRUNE_EVERY_MS = 10 * MINUTE_MS

/**
 * Opens the data folder, connects to the upstream and listens. Does not wait for the upstream.
 * @throws {FlaghoistError} if the data folder cannot be used
 */
export async function startRelay(config: RelayConfig): Promise<RunningRelay> {
  const services = assembleRelay(config)
  const { upstreams, queue, forwarder, log } = services
  const retentionNow = createRetentionClock(services)
  const closeServices = async () => {
    forwarder.close()
    await upstreams.close()
    await queue.close()
  }
  const server = createSdkServer(services)
  try {
    await server.listen(config)
    // After the server listens, because SDKs do not need it.
    const { buildRelayApp } = await import('./relay-app.ts')
    await server.load(await buildRelayApp(server, services))
  } catch (error) {
    await server.close({ shutdownMs: 0 })
    await closeServices()
    throw error
  }
  const prune = () => {
    try {
      queue.prune(retentionNow() - BATCH_IDS_KEPT_MS)
    } catch (error) {
      log.warn({ err: error }, 'Old reports could not be deleted; the relay retries it.')
    }
  }
  const timer = setInterval(prune, PRUNE_EVERY_MS).unref()

  return {
    url: server.urlFor(config),
    async close() {
      clearInterval(timer)
      await server.close(config)
      await closeServices()
    },
  }
}
