import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsync } from 'fastify'
import { activityRoute } from './activity/route.ts'
import { attentionRoute } from './attention/route.ts'
import { freezes } from './calendar/freezes.ts'
import { calendarRoutes } from './calendar/routes.ts'
import { changeRoutes } from './changes/routes.ts'
import { subscriptionRoutes } from './delivery/subscriptions/routes.ts'
import { driftRoute } from './drift/route.ts'
import { editsRoute } from './edits/route.ts'
import { environments } from './environments/environments.ts'
import { flagRoutes } from './flags/routes.ts'
import { healthRoute } from './health/route.ts'
import { requireAdmin, requireProject } from './http/auth.ts'
import { declareCommonFailures } from './http/common-failures.ts'
import { acceptJsonOnly, refuseUnreadBody } from './http/json-body.ts'
import { reachKnownVersion } from './http/known-version.ts'
import { serialiseInTurns } from './http/serialise-in-turns.ts'
import { instances } from './instances/instances.ts'
import { instanceUsageRoute } from './instances/usage-route.ts'
import { keyRoutes } from './keys/routes.ts'
import { killRoutes } from './kill/routes.ts'
import { matrixRoute } from './matrix/route.ts'
import { metrics } from './metrics/metrics.ts'
import { metricRoutes } from './metrics/routes.ts'
import { metricUsageRoute } from './metrics/usage-route.ts'
import { createPause } from './pause.ts'
import { projectRoutes } from './projects/routes.ts'
import { releaseNotesRoutes } from './reports/release-notes/routes.ts'
import { reportRoutes } from './reports/routes.ts'
import { resourceRoutes } from './resources/routes.ts'
import { plans } from './rollouts/plans/plans.ts'
import { planRoutes } from './rollouts/plans/routes.ts'
import { rolloutRoutes } from './rollouts/routes.ts'
import { scopesRoute } from './scopes/route.ts'
import { segmentExplainRoute } from './segments/explain-route.ts'
import { segmentListRoutes } from './segments/list-routes.ts'
import { segmentOverviewRoute } from './segments/overview-route.ts'
import { segments } from './segments/segments.ts'
import { segmentUsageRoute } from './segments/usage-route.ts'
import type { Services } from './services.ts'
import { propagationRoutes } from './streams/propagation-routes.ts'
import { transferRoutes } from './transfer/routes.ts'
import { views } from './views/views.ts'

/**
 * Maximum bytes of a request body: everything that a ruleset can hold, such as two lists of 100,000
 * identifiers. Each member has limits of its own. Only the import of a whole project has more.
 */
const BODY_BYTES = LIMITS.rulesetBytes

/** The routes of the other features, in the order of the API document. */
const FEATURES = [
  scopesRoute,
  instanceUsageRoute,
  segmentListRoutes,
  segmentUsageRoute,
  segmentOverviewRoute,
  segmentExplainRoute,
  flagRoutes,
  matrixRoute,
  driftRoute,
  killRoutes,
  changeRoutes,
  activityRoute,
  editsRoute,
  keyRoutes,
  subscriptionRoutes,
  propagationRoutes,
  metricRoutes,
  metricUsageRoute,
  healthRoute,
  planRoutes,
  rolloutRoutes,
  calendarRoutes,
  reportRoutes,
  attentionRoute,
  releaseNotesRoutes,
]

/** The admin API, `/api/v1/projects`: the routes of every feature, for admin keys. */
export const adminRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  app.addHook('onRoute', (route) => {
    route.bodyLimit ??= BODY_BYTES
  })
  acceptJsonOnly(app)
  declareCommonFailures(app)
  app.addHook('onRequest', requireAdmin(services))
  app.addHook('onRequest', async (request) => {
    const { project } = request.params as { project?: string }
    if (project !== undefined) requireProject(request, project)
  })

  app.addHook('onRequest', reachKnownVersion(services.projects))
  app.addHook('preHandler', refuseUnreadBody)
  app.addHook('preSerialization', serialiseInTurns)

  for (const routes of [projectRoutes, transferRoutes]) await app.register(routes, { services })
  // Direct routes are answered in between.
  const pause = createPause()
  for (const resource of [environments, instances, segments, metrics, plans, freezes, views]) {
    await app.register(resourceRoutes, { services, resource })
    await pause()
  }
  for (const routes of FEATURES) {
    await app.register(routes, { services })
    await pause()
  }
}
