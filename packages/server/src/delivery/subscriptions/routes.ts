import type { FastifyPluginAsync } from 'fastify'
import { requireUnbound } from '../../http/auth.ts'
import type { Services } from '../../services.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { subscriptionReadRoutes } from './read-routes.ts'
import { subscriptionWriteRoutes } from './write-routes.ts'

/** Subscriptions. A key that is bound to a scope sees none: their notices are about all scopes. */
export const subscriptionRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  options,
) => {
  app.addHook('preHandler', async ({ principal }) => requireUnbound(principal))
  for (const routes of [subscriptionReadRoutes, subscriptionWriteRoutes, deliveryRoutes])
    await app.register(routes, options)
}
