import type { FastifyPluginAsync } from 'fastify'
import type { Services } from '../services.ts'
import { archiveRoutes } from './archive-routes.ts'
import { evaluateRoutes } from './evaluate/routes.ts'
import { exposuresRoute } from './exposures-route.ts'
import { previewRoute } from './layers/preview-route.ts'
import { layerReadRoutes } from './layers/read-routes.ts'
import { waveRoutes } from './layers/wave-routes.ts'
import { layerWriteRoutes } from './layers/write-routes.ts'
import { overviewRoute } from './overview-route.ts'
import { flagReadRoutes } from './read-routes.ts'
import { staleRoute } from './stale-route.ts'
import { usageRoute } from './usage-route.ts'
import { flagWriteRoutes } from './write-routes.ts'

/** Flags, and their layers: the settings of a flag in each scope. */
export const flagRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  for (const routes of [
    flagReadRoutes,
    overviewRoute,
    flagWriteRoutes,
    archiveRoutes,
    usageRoute,
    exposuresRoute,
    staleRoute,
  ])
    await app.register(routes, { services })
  await app.register(evaluateRoutes, { services })
  for (const routes of [layerReadRoutes, layerWriteRoutes, previewRoute, waveRoutes])
    await app.register(routes, { services })
}
