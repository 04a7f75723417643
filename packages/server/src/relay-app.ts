import type { FastifyInstance } from 'fastify'
import type { RelayServices } from './assemble-relay.ts'
import { problem } from './errors.ts'
import { handleNotFound } from './http/not-found.ts'
import { relayHealthRoutes } from './relay/health-route.ts'
import { type AppOptions, createSdkApp, serveSdks } from './sdk-app.ts'
import type { SdkServer } from './sdk-server.ts'
import { metricsRoute } from './telemetry/routes.ts'

/** Characters of a path that a message shows. */
const MAX_SHOWN = 200

/** Builds the app behind the direct routes of a relay, from its services. */
export async function buildRelayApp(
  server: SdkServer,
  services: RelayServices,
  options?: AppOptions,
): Promise<FastifyInstance> {
  const { config, hub, limits } = services
  const { isClosing } = server
  const app = await createSdkApp(server, services, options)
  app.addHook('onRequest', async (request, reply) => {
    const { method, url } = request
    if (!request.is404 || !url.startsWith('/api/')) return
    limits.require(request, reply)
    const path = url.split('?')[0]!.slice(0, MAX_SHOWN)
    throw problem('RELAY_WITHOUT_ADMIN', { method, path, upstream: config.upstream })
  })
  handleNotFound(app, limits)
  await app.register(relayHealthRoutes, { ...services, streams: () => hub.size, isClosing })
  await app.register(metricsRoute, { services })
  await serveSdks(app, server, services)
  return app
}
