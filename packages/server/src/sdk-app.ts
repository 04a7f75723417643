import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { errorsPage } from './api-reference/errors-page.ts'
import { openapiRoute } from './api-reference/openapi-route.ts'
import { referenceRoutes } from './api-reference/page.ts'
import { errorCatalog } from './error-catalog.ts'
import { logRequests } from './http/log-requests.ts'
import { handleError } from './http/problem.ts'
import { requestIdOf } from './http/request-id.ts'
import { validateRequest } from './http/validate-request.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { overrideRoute } from './keys/override-route.ts'
import { OFREP_PATH, type RemoteEvaluation } from './ofrep/remote-evaluation.ts'
import { ofrepRoutes } from './ofrep/routes.ts'
import type { SdkServer } from './sdk-server.ts'
import type { SdkServices } from './services.ts'
import { sdkRoutes } from './streams/routes.ts'
import { exportToOpenTelemetry } from './telemetry/export-otel.ts'
import { observeRouter } from './telemetry/request-counts.ts'
import { traceRequests } from './telemetry/trace-requests.ts'
import { VERSION } from './version.ts'

const SCOPE_OF_INSTANCE =
  /^(\/api\/v1\/projects\/[^/?]+\/(?:flags\/[^/?]+\/layers|rollouts\/[^/?]+\/runs)\/[^/?]+)\/([^/?]+)(?=$|\?)/

const OPTIONS = {
  // As long as a whole head: the schema of a route says which parameter is too long.
  routerOptions: { maxParamLength: 16_384 },
  bodyLimit: 1024 * 1024,
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
} satisfies FastifyServerOptions

export interface AppOptions {
  /** Prepares the app before it has routes, such as for a description of all of them. */
  readonly prepare?: (app: FastifyInstance) => Promise<void>
}

/** Creates the app behind the direct routes of a server or a relay, before it has routes. */
export async function createSdkApp(
  { count }: SdkServer,
  { telemetry, log }: Pick<SdkServices, 'telemetry' | 'log'>,
  { prepare }: AppOptions = {},
): Promise<FastifyInstance> {
  const app = Fastify({
    ...OPTIONS,
    genReqId: requestIdOf,
    frameworkErrors: handleError,
    loggerInstance: log,
  })
  observeRouter(app, telemetry, count)
  traceRequests(app)
  logRequests(app)
  // Before any route: a route's own 400 schema would otherwise turn a validation error into a 500.
  app.setErrorHandler(handleError)
  await prepare?.(app)
  return app
}

/** Adds the routes of SDKs and the pages for people. */
export async function serveSdks(
  app: FastifyInstance,
  { evaluation }: SdkServer,
  services: SdkServices,
): Promise<void> {
  await app.register(sdkApi, { prefix: '/sdk/v1', services })
  await app.register(ofrepApi, { prefix: OFREP_PATH, services, evaluation })
  await app.register(pageRoutes, { services })
  const endExport = exportToOpenTelemetry(services.telemetry.instruments)
  app.addHook('onClose', async () => endExport())
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
