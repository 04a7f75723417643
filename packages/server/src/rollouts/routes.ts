import type { FastifyPluginAsync } from 'fastify'
import type { Services } from '../services.ts'
import { rolloutOptionsRoute } from './options-route.ts'
import { rolloutOverviewRoute } from './overview-route.ts'
import { rolloutReadRoutes } from './read-routes.ts'
import { readinessRoutes } from './readiness/routes.ts'
import { rolloutActionRoutes, rolloutStartRoute } from './write-routes.ts'

/** Rollouts: starting them, watching them, and the actions of people. */
export const rolloutRoutes: FastifyPluginAsync<{ services: Services }> = async (app, options) => {
  for (const routes of [
    rolloutReadRoutes,
    rolloutOverviewRoute,
    readinessRoutes,
    rolloutOptionsRoute,
    rolloutStartRoute,
    rolloutActionRoutes,
  ])
    await app.register(routes, options)
}
