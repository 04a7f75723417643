import type { FastifyPluginAsync } from 'fastify'
import type { Parts } from './services.ts'
import { requireKey, requireProject } from './http/auth.ts'
import { acceptEmptyJson } from './http/json-body.ts'
import { changeRoutes } from './changes/routes.ts'
import { entityRoutes } from './http/resource/routes.ts'
import { eventReportRoutes } from './metrics/routes.ts'
import { flagRoutes } from './flags/routes.ts'
import { keyRoutes } from './keys/routes.ts'
import { killRoutes } from './kill/routes.ts'
import { layerRoutes } from './flags/layers/routes.ts'
import { projectFileRoutes, projectRoutes } from './projects/routes.ts'
import { reportRoutes } from './streams/propagation-routes.ts'

/** `/api/v1/projects`: everything that an admin key can do. */
export const adminRoutes: FastifyPluginAsync<{ parts: Parts }> = async (app, { parts }) => {
  acceptEmptyJson(app)
  app.addHook('onRequest', requireKey(parts.keys, ['admin']))
  app.addHook('onRequest', async (request) => {
    const { project } = request.params as { project?: string }
    if (project !== undefined) requireProject(request, project)
  })

  for (const routes of [projectRoutes, projectFileRoutes, entityRoutes, flagRoutes, layerRoutes])
    await app.register(routes, { parts })
  for (const routes of [killRoutes, keyRoutes, changeRoutes, reportRoutes, eventReportRoutes])
    await app.register(routes, { parts })
}
