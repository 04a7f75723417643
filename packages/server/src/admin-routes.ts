import type { FastifyPluginAsync } from 'fastify'
import { changeRoutes } from './changes/routes.ts'
import { environments } from './environments/environments.ts'
import { flagRoutes } from './flags/routes.ts'
import { requireKey, requireProject } from './http/auth.ts'
import { declareCommonFailures } from './http/common-failures.ts'
import { acceptJsonOnly, refuseUnreadBody } from './http/json-body.ts'
import { instances } from './instances/instances.ts'
import { keyRoutes } from './keys/routes.ts'
import { killRoutes } from './kill/routes.ts'
import { metricRoutes } from './metrics/routes.ts'
import { projectRoutes } from './projects/routes.ts'
import { resourceRoutes } from './resources/routes.ts'
import { segments } from './segments/segments.ts'
import type { Services } from './services.ts'
import { propagationRoutes } from './streams/propagation-routes.ts'
import { transferRoutes } from './transfer/routes.ts'

/** The admin API, `/api/v1/projects`: the routes of every feature, for admin keys. */
export const adminRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  acceptJsonOnly(app)
  declareCommonFailures(app)
  app.addHook('onRequest', requireKey(services, ['admin']))
  app.addHook('onRequest', async (request) => {
    const { project } = request.params as { project?: string }
    if (project !== undefined) requireProject(request, project)
  })

  app.addHook('preHandler', refuseUnreadBody)

  for (const routes of [projectRoutes, transferRoutes]) await app.register(routes, { services })
  for (const resource of [environments, instances, segments])
    await app.register(resourceRoutes, { services, resource })
  for (const routes of [flagRoutes, killRoutes, changeRoutes, keyRoutes])
    await app.register(routes, { services })
  for (const routes of [propagationRoutes, metricRoutes]) await app.register(routes, { services })
}
