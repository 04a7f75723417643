import type { Server } from 'node:http'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { errorsPage } from './api-reference/errors-page.ts'
import { openapiRoute } from './api-reference/openapi-route.ts'
import { referenceRoutes } from './api-reference/page.ts'
import { errorCatalog } from './error-catalog.ts'
import { BodilessResponse } from './http/bodiless-response.ts'
import { answerClientError } from './http/client-error.ts'
import { serveDirectly } from './http/direct-routes.ts'
import { closeFreshConnections } from './http/fresh-connections.ts'
import { directLiveness } from './http/health.ts'
import { logRequests } from './http/log-requests.ts'
import { handleError } from './http/problem.ts'
import { requestIdOf } from './http/request-id.ts'
import { validateRequest } from './http/validate-request.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { overrideRoute } from './keys/override-route.ts'
import { directEvaluation } from './ofrep/direct-evaluation.ts'
import { createRemoteEvaluation, type RemoteEvaluation } from './ofrep/remote-evaluation.ts'
import { ofrepRoutes } from './ofrep/routes.ts'
import type { SdkServices } from './services.ts'
import { directRuleset } from './streams/direct-ruleset.ts'
import { directStream } from './streams/direct-stream.ts'
import { sdkRoutes } from './streams/routes.ts'
import { exportToOpenTelemetry } from './telemetry/export-otel.ts'
import {
  type CountRequest,
  createRequestCounts,
  observeRouter,
} from './telemetry/request-counts.ts'
import { traceRequests } from './telemetry/trace-requests.ts'
import { VERSION } from './version.ts'

const SCOPE_OF_INSTANCE =
  /^(\/api\/v1\/projects\/[^/?]+\/(?:flags\/[^/?]+\/layers|rollouts\/[^/?]+\/runs)\/[^/?]+)\/([^/?]+)(?=$|\?)/

const OFREP = '/ofrep/v1'

const SERVER_OPTIONS = {
  // As long as a whole head: the schema of a route says which parameter is too long.
  routerOptions: { maxParamLength: 16_384 },
  clientErrorHandler: answerClientError,
  bodyLimit: 1024 * 1024,
  // A client that sends its request byte by byte is cut off.
  requestTimeout: 10_000,
  http: {
    headersTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
    ServerResponse: BodilessResponse,
  },
  // Idle keep-alive connections and streams would delay a shutdown; requests in flight finish.
  forceCloseConnections: 'idle',
  // Without them, Fastify would load compilers for JSON Schema, which no route uses.
  schemaController: {
    compilersFactory: {
      buildValidator: () => validateRequest as never, // Fastify's type is that of ajv.
      buildSerializer: () => serializerCompiler as never, // Fastify's type knows no zod.
    },
  },
  // A scope contains a slash: /layers/production/acme means the same as /layers/production%2Facme.
  rewriteUrl: ({ url = '/' }) => url.replace(SCOPE_OF_INSTANCE, '$1%2F$2'),
  // A log line per request would cost more than the request. `logRequests` logs those that failed.
  logController: new LogController({
    disableRequestLogging: true,
    requestIdLogLabel: 'requestId',
  }),
} satisfies FastifyHttpOptions<Server>

/** The HTTP server of a server or a relay, before it has routes. */
export interface SdkApp {
  readonly app: FastifyInstance
  readonly count: CountRequest
  readonly isClosing: () => boolean
}

export interface AppOptions {
  /** Prepares the app before it has routes, such as for a description of all of them. */
  readonly prepare?: (app: FastifyInstance) => Promise<void>
}

/** Creates the HTTP server of a server or a relay. It ends the streams of SDKs when it closes. */
export async function createSdkApp(
  { hub, telemetry, log }: Pick<SdkServices, 'hub' | 'telemetry' | 'log'>,
  { prepare }: AppOptions = {},
): Promise<SdkApp> {
  const app = Fastify({
    ...SERVER_OPTIONS,
    genReqId: requestIdOf,
    frameworkErrors: handleError,
    loggerInstance: log,
  })
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
    hub.close()
  })
  closeFreshConnections(app)
  const count = createRequestCounts(telemetry)
  observeRouter(app, telemetry, count)
  traceRequests(app)
  logRequests(app)
  // Before any route: a route's own 400 schema would otherwise turn a validation error into a 500.
  app.setErrorHandler(handleError)
  await prepare?.(app)
  return { app, count, isClosing: () => isClosing }
}

/** Adds the routes of SDKs and the pages for people. */
export async function serveSdks(
  { app, count, isClosing }: SdkApp,
  services: SdkServices,
): Promise<RemoteEvaluation> {
  const evaluation = createRemoteEvaluation(services, OFREP)
  await app.register(sdkApi, { prefix: '/sdk/v1', services })
  await app.register(ofrepApi, { prefix: OFREP, services, evaluation })
  serveDirectly(app, {
    routes: [
      directLiveness,
      directRuleset(services),
      directStream(app, services),
      directEvaluation(app, services, evaluation),
    ],
    count,
    isClosing,
  })
  await app.register(pageRoutes, { services })
  const endExport = exportToOpenTelemetry(services.telemetry.instruments)
  app.addHook('onClose', async () => endExport())
  return evaluation
}

/** The routes of SDKs, also for pages of other origins. */
const sdkApi: FastifyPluginAsync<{ services: SdkServices }> = async (app, { services }) => {
  await allowOrigins(app, services.config)
  for (const routes of [sdkRoutes, ingestRoutes, overrideRoute])
    await app.register(routes, { services })
}

/** The routes of OFREP, also for pages of other origins. */
const ofrepApi: FastifyPluginAsync<{
  services: SdkServices
  evaluation: RemoteEvaluation
}> = async (app, { services, evaluation }) => {
  await allowOrigins(app, services.config)
  await app.register(ofrepRoutes, { services, evaluation })
}

/** Allows requests of other origins. The routes use no cookies, so any origin may be allowed. */
async function allowOrigins(
  app: FastifyInstance,
  { corsOrigins }: SdkServices['config'],
): Promise<void> {
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    exposedHeaders: ['ETag', 'Retry-After'],
    maxAge: 7_200,
    // Clients that are not browsers get the same response to OPTIONS.
    strictPreflight: false,
  })
}

/**
 * The pages for people. Only they carry the security headers of pages, which mean nothing to an
 * SDK.
 */
const pageRoutes: FastifyPluginAsync<{ services: SdkServices }> = async (
  app,
  { services: { limits, config } },
) => {
  app.addHook('onRequest', async (request, reply) => limits.require(request, reply))
  await setSecurityHeaders(app)
  await app.register(referenceRoutes)
  await app.register(errorsPage, { errors: errorCatalog })
  await app.register(openapiRoute, { config })
  app.get('/', { schema: { hide: true } }, () => ({
    name: 'Flaghoist',
    version: VERSION,
    docs: '/docs',
    openapi: '/openapi.json',
    health: '/readyz',
  }))
}

/** Sets the security headers of pages. A page loads nothing from another host. */
async function setSecurityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
        // A server behind a TLS proxy serves plain HTTP itself.
        upgradeInsecureRequests: null,
      },
    },
    // The proxy that terminates TLS sets this header.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
}
