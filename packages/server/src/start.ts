import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { assembleServices } from './assemble-services.ts'
import type { Config } from './config.ts'
import { type FirstStart, prepareFirstStart } from './first-start.ts'
import { startHousekeeping } from './housekeeping.ts'
import { openStores } from './stores/open-stores.ts'
import type { Stores } from './stores/stores.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  /** The entities that the first start on an empty store created; undefined on later starts. */
  readonly firstStart: FirstStart | undefined
  /**
   * Ends streams with a hint to reconnect, lets requests in flight finish, and closes the store.
   */
  close(): Promise<void>
}

/**
 * Opens the store, listens, and prepares the store if it is empty.
 * @throws {FlaghoistError} if the store cannot be used
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const stores = openStores(config.dataDir)
  try {
    return await serve(config, stores)
  } catch (error) {
    await stores.close()
    throw error
  }
}

async function serve(config: Config, stores: Stores): Promise<RunningServer> {
  const services = await assembleServices(config, stores)
  const app = await buildApp(services)
  await app.listen({ host: config.host, port: config.port })
  // After the server listens: a start that fails must not create a key that is never shown.
  const firstStart = await prepareFirstStart(services).catch(async (error: unknown) => {
    await app.close()
    throw error
  })
  const stopHousekeeping = startHousekeeping(services, (error) =>
    app.log.warn({ err: error }, 'Housekeeping failed; the server retries it.'),
  )

  const { port } = app.server.address() as AddressInfo
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: config.publicUrl ?? `http://${host}:${port}`,
    firstStart,
    async close() {
      stopHousekeeping()
      const force = setTimeout(() => app.server.closeAllConnections(), config.shutdownMs).unref()
      await app.close()
      clearTimeout(force)
      await services.sinks.close()
      await services.keys.flush()
      await stores.close()
    },
  }
}
