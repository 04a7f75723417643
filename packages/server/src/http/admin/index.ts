import type { FastifyPluginAsync } from 'fastify'
import type { Parts } from '../../parts.ts'
import { requireKey, requireProject } from '../auth.ts'
import { acceptEmptyJson } from '../json-body.ts'
import { changeRoutes } from './changes.ts'
import { entityRoutes } from './entities.ts'
import { eventReportRoutes } from './event-reports.ts'
import { flagRoutes } from './flags.ts'
import { keyRoutes } from './keys.ts'
import { killRoutes } from './kill.ts'
import { layerRoutes } from './layers.ts'
import { projectFileRoutes, projectRoutes } from './projects.ts'
import { reportRoutes } from './reports.ts'

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
