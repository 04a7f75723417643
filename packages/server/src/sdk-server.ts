import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { directRoutes } from './http/direct-routes.ts'
import { directLiveness } from './http/health.ts'
import { createHttpServer } from './http/http-server.ts'
import { createRouter } from './http/router.ts'
import { directReports } from './ingest/direct-reports.ts'
import { directEvaluation } from './ofrep/direct-evaluation.ts'
import { createRemoteEvaluation, type RemoteEvaluation } from './ofrep/remote-evaluation.ts'
import type { SdkServices } from './services.ts'
import { directRuleset } from './streams/direct-ruleset.ts'
import { directStream } from './streams/direct-stream.ts'
import { type CountRequest, createRequestCounts } from './telemetry/request-counts.ts'

/**
 * The HTTP server of a server or a relay. It answers the usual requests of SDKs as soon as it
 * listens. All others wait for its app: to load the modules of the app and to register its routes
 * takes longer than the rest of a start.
 */
export interface SdkServer {
  readonly evaluation: RemoteEvaluation
  readonly count: CountRequest
  readonly isClosing: () => boolean
  /** @throws {Error} with a code of the system, such as `EADDRINUSE` */
  listen(config: Pick<Config, 'host' | 'port'>): Promise<void>
  /** Returns its URL once it listens. */
  urlFor(config: Pick<Config, 'host' | 'publicUrl'>): string
  /** Lets an app answer the requests that wait for it, and all that no direct route answers. */
  load(app: FastifyInstance): Promise<void>
  /** Cuts off all connections. Clients may open new ones. */
  cutConnections(): void
  /**
   * Ends streams with a hint to reconnect, and lets requests in flight finish. Those that last
   * longer than `shutdownMs` are cut off.
   */
  close(config: Pick<Config, 'shutdownMs'>): Promise<void>
}

/** Creates the HTTP server of services, which does not listen yet. */
export function createSdkServer(services: SdkServices): SdkServer {
  const { hub, telemetry } = services
  const evaluation = createRemoteEvaluation(services)
  const count = createRequestCounts(telemetry)
  const router = createRouter()
  const routes = [
    directLiveness,
    directRuleset(services),
    directStream(router, services),
    directEvaluation(router, services, evaluation),
    directReports(router, services),
  ]
  let isClosing = false
  let app: FastifyInstance | undefined
  const http = createHttpServer(directRoutes({ routes, router, count, isClosing: () => isClosing }))

  return {
    evaluation,
    count,
    isClosing: () => isClosing,
    listen: http.listen,
    urlFor: ({ host, publicUrl }) =>
      publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${http.port()}`,
    async load(loaded) {
      app = loaded
      await app.ready()
      router.load(app)
    },
    cutConnections: http.cutConnections,
    async close({ shutdownMs }) {
      isClosing = true
      hub.close()
      await Promise.all([http.close(shutdownMs), app?.close()])
    },
  }
}
