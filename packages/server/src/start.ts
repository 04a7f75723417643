import type { FlaghoistError } from '@flaghoist/core'
import type { ServerAppOptions } from './app.ts'
import { assembleServices } from './assemble-services.ts'
import type { Config } from './config.ts'
import { type FirstStart, prepareFirstStart } from './first-start.ts'
import { startHousekeeping } from './housekeeping.ts'
import { waitForLull } from './lull.ts'
import type { LiveProject } from './projects/projects.ts'
import { createSdkServer, type SdkServer } from './sdk-server.ts'
import type { Services } from './services.ts'
import { openStores } from './stores/open-stores.ts'
import type { Stores } from './stores/stores.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  /** The entities that the first start on an empty store created; undefined on later starts. */
  readonly firstStart: FirstStart | undefined
  /** Reasons why the server stores nothing or does not serve a project; empty as a rule. */
  readonly problems: readonly FlaghoistError[]
  /** Returns the projects, each with the head of its log. */
  projects(): readonly LiveProject[]
  /**
   * Ends streams with a hint to reconnect, lets requests in flight finish, and closes the store.
   */
  close(): Promise<void>
}

/**
 * Opens the store, listens, and prepares the store if it is empty.
 * @param given by default the stores that the settings name; the server closes them
 * @throws {FlaghoistError} if the store cannot be used
 */
export async function startServer(config: Config, given?: Stores): Promise<RunningServer> {
  const stores = given ?? (await openStores(config))
  try {
    return await serve(config, stores)
  } catch (error) {
    await stores.close()
    throw error
  }
}

async function serve(config: Config, stores: Stores): Promise<RunningServer> {
  const services = await assembleServices(config, stores)
  const { log } = services
  const server = createSdkServer(services)
  let isPrepared = false
  let firstStart: FirstStart | undefined
  try {
    await server.listen(config)
    await loadApp(server, services, { isPrepared: () => isPrepared })
    // After the server listens: a start that fails must not create a key that is never shown.
    firstStart = await prepareFirstStart(services, (message) => log.warn(message))
    isPrepared = true
  } catch (error) {
    await server.close({ shutdownMs: 0 })
    await services.sinks.close()
    services.projects.close()
    throw error
  }
  services.notifier.start()
  const stopRollouts = services.rollouts.start()
  const stopHousekeeping = startHousekeeping(services, (error) =>
    log.warn({ err: error }, 'Housekeeping failed; the server retries it.'),
  )

  return {
    url: server.urlFor(config),
    firstStart,
    problems: problemsOf(services),
    projects: services.projects.list,
    async close() {
      stopHousekeeping()
      await stopRollouts()
      await server.close(config)
      await Promise.all([services.sinks.close(), services.notifier.close()])
      // Times of last use are not worth a shutdown that fails on a full disk.
      await services.keys.flush().catch((error: unknown) => {
        log.warn({ err: error }, 'The last uses of keys could not be stored.')
      })
      services.projects.close()
      await stores.close()
    },
  }
}

/** Loads the app, which SDKs do not need. */
async function loadApp(
  server: SdkServer,
  services: Services,
  options: ServerAppOptions,
): Promise<void> {
  await waitForLull()
  const { buildApp } = await import('./app.ts')
  await server.load(await buildApp(server, services, options))
}

function problemsOf({ projects: { readOnly, damaged } }: Services): FlaghoistError[] {
  return [...new Set([...(readOnly ? [readOnly] : []), ...damaged.values()])]
}
