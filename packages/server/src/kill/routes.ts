import type { FastifyPluginAsync } from 'fastify'
import type { Services } from '../services.ts'
import { killByTagRoute } from './kill-by-tag-route.ts'
import { killRoute } from './kill-route.ts'
import { acceptAnyBody } from './raw-body.ts'
import { restoreRoute } from './restore-route.ts'

/** The kill switch: one idempotent call, ahead of every policy. */
export const killRoutes: FastifyPluginAsync<{ services: Services }> = async (app, options) => {
  await app.register(emergencyRoutes, options)
  await app.register(restoreRoute, options)
}

/** The routes that no request fails for its form. A restore is strict: it releases. */
const emergencyRoutes: FastifyPluginAsync<{ services: Services }> = async (app, options) => {
  acceptAnyBody(app)
  await app.register(killRoute, options)
  await app.register(killByTagRoute, options)
}
