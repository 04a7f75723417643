import type { FastifyInstance } from 'fastify'
import { adminRoutes } from './admin-routes.ts'
import { backupRoutes } from './backup/routes.ts'
import { readDashboard } from './dashboard/read-dashboard.ts'
import { serveDashboard } from './dashboard/serve-dashboard.ts'
import { healthRoutes } from './http/health.ts'
import { handleNotFound } from './http/not-found.ts'
import { publicPathOf } from './http/public-path.ts'
import { type AppOptions, createSdkApp, serveSdks } from './sdk-app.ts'
import type { SdkServer } from './sdk-server.ts'
import type { Services } from './services.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { signInRoute } from './sessions/sign-in-route.ts'
import { metricsRoute } from './telemetry/routes.ts'

export interface ServerAppOptions extends AppOptions {
  /** Returns true once the project and the key of the first start exist; always, by default. */
  readonly isPrepared?: () => boolean
}

/** Builds the app behind the direct routes of a server, from its services. */
export async function buildApp(
  server: SdkServer,
  services: Services,
  { isPrepared = () => true, ...options }: ServerAppOptions = {},
): Promise<FastifyInstance> {
  const { config, hub, stores, projects, limits, freeSpace, log } = services
  const app = await createSdkApp(server, services, options)
  projects.onChange(({ key }, { seq, hash, action }) =>
    log.info({ project: key, version: seq, hash, action }, 'Change committed'),
  )
  const dashboard = readDashboard(publicPathOf(config.publicUrl))
  if (dashboard !== undefined) await serveDashboard(app, dashboard, limits)
  handleNotFound(app, limits)

  await app.register(healthRoutes, {
    async checkStores() {
      if (projects.readOnly !== undefined) throw projects.readOnly
      await stores.check()
    },
    freeSpace,
    damaged: projects.damaged,
    servesProjects: () => projects.list().length > 0 || projects.damaged.size === 0,
    streams: () => hub.size,
    isPrepared,
    isClosing: server.isClosing,
  })
  await app.register(metricsRoute, { services })
  await app.register(adminRoutes, { prefix: '/api/v1/projects', services })
  await app.register(backupRoutes, { prefix: '/api/v1/backup', services })
  for (const routes of [signInRoute, sessionRoutes])
    await app.register(routes, { prefix: '/api/v1', services })
  await serveSdks(app, server, services)
  projects.onDeleted((project) => server.evaluation.streams.endProject(project))
  return app
}
