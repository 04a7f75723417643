import type { FlaghoistError } from '@flaghoist/core'
import { buildApp } from './app.ts'
import { assembleServices } from './assemble-services.ts'
import type { Config } from './config.ts'
import { type FirstStart, prepareFirstStart } from './first-start.ts'
import { startHousekeeping } from './housekeeping.ts'
import { closeApp, urlOf } from './listening.ts'
import type { LiveProject } from './projects/projects.ts'
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
  let isPrepared = false
  const { log } = services
  const app = await buildApp(services, { isPrepared: () => isPrepared })
  let firstStart: FirstStart | undefined
  try {
    await app.listen({ host: config.host, port: config.port })
    // After the server listens: a start that fails must not create a key that is never shown.
    firstStart = await prepareFirstStart(services, (message) => log.warn(message))
    isPrepared = true
  } catch (error) {
    await app.close()
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
    url: urlOf(app, config),
    firstStart,
    problems: problemsOf(services),
    projects: services.projects.list,
    async close() {
      stopHousekeeping()
      await stopRollouts()
      await closeApp(app, config)
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

function problemsOf({ projects: { readOnly, damaged } }: Services): FlaghoistError[] {
  return [...new Set([...(readOnly ? [readOnly] : []), ...damaged.values()])]
}
