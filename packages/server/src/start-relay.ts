import { assembleRelay, type RelayConfig } from './assemble-relay.ts'
import { BATCH_IDS_KEPT_MS } from './ingest/locate-items.ts'
import { closeApp, urlOf } from './listening.ts'
import { buildRelayApp } from './relay-app.ts'
import { createRetentionClock } from './retention-clock.ts'
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
  const app = await buildRelayApp(services)
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await app.close()
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
    url: urlOf(app, config),
    async close() {
      clearInterval(timer)
      await closeApp(app, config)
      await closeServices()
    },
  }
}
