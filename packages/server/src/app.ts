import type { Server } from 'node:http'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { eventRoutes } from './events/routes.ts'
import { adminRoutes } from './admin-routes.ts'
import { errorsPage } from './http/errors-page.ts'
import { closeFreshConnections } from './http/fresh-connections.ts'
import { healthRoutes } from './http/health.ts'
import { limitRequests } from './http/limits.ts'
import { handleNotFound } from './http/not-found.ts'
import { describeRoutes } from './http/openapi.ts'
import { handleError } from './http/problem.ts'
import { referenceRoutes } from './http/reference.ts'
import { ofrepRoutes } from './ofrep/routes.ts'
import type { Parts } from './services.ts'
import { sdkRoutes } from './streams/routes.ts'
import { VERSION } from './version.ts'

const LAYER_OF_INSTANCE =
  /^(\/api\/v1\/projects\/[^/?]+\/flags\/[^/?]+\/layers\/[^/?]+)\/([^/?]+)(?=$|\?)/

const SERVER_OPTIONS = {
  routerOptions: { maxParamLength: 300 },
  bodyLimit: 1024 * 1024,
  // A client that sends its request drop by drop is not waited for.
  requestTimeout: 10_000,
  http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
  // Idle keep-alive connections and streams would hold a shutdown up; requests in flight are waited for.
  forceCloseConnections: 'idle',
  // A layer is named by its scope, and scopes hold a slash: both /layers/production%2Facme and
  // /layers/production/acme mean it.
  rewriteUrl: ({ url = '/' }) => url.replace(LAYER_OF_INSTANCE, '$1%2F$2'),
  // One line a request would cost more than answering it; errors are logged where they happen.
  logController: new LogController({ disableRequestLogging: true }),
} satisfies FastifyHttpOptions<Server>

/** Puts the HTTP server together. */
export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const { config } = parts
  const app = Fastify({
    ...SERVER_OPTIONS,
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: handleError,
    logger: config.logLevel === 'silent' ? false : { level: config.logLevel },
  })
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
    parts.hub.close()
  })
  closeFreshConnections(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  // Before any route: a route's own 400 schema would otherwise turn a validation error into a 500.
  app.setErrorHandler(handleError)
  handleNotFound(app)
  await limitRequests(app, config)
  await describeRoutes(app)

  await app.register(healthRoutes, { parts, isClosing: () => isClosing })
  await app.register(adminRoutes, { prefix: '/api/v1/projects', parts })
  await app.register(clientRoutes, { parts })
  await app.register(pageRoutes)
  return app
}

/** What SDKs ask, also from other origins. No cookies are involved, so any origin may be allowed. */
const clientRoutes: FastifyPluginAsync<{ parts: Parts }> = async (app, { parts }) => {
  const { corsOrigins } = parts.config
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    exposedHeaders: ['ETag', 'Retry-After'],
    maxAge: 7_200,
  })
  await app.register(sdkRoutes, { prefix: '/sdk/v1', parts })
  await app.register(eventRoutes, { prefix: '/sdk/v1', parts })
  await app.register(ofrepRoutes, { prefix: '/ofrep/v1', parts })
}

/** What people open in a browser. Only pages carry a page's headers: to an SDK they are a kilobyte of nothing. */
const pageRoutes: FastifyPluginAsync = async (app) => {
  await protect(app)
  await app.register(referenceRoutes)
  await app.register(errorsPage)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/', { schema: { hide: true } }, () => ({
    name: 'Flaghoist',
    version: VERSION,
    docs: '/docs',
    openapi: '/openapi.json',
    health: '/readyz',
  }))
}

/** Headers for the pages that are served; nothing is ever loaded from elsewhere. */
async function protect(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
        // Many a server runs without TLS behind a proxy that has it.
        upgradeInsecureRequests: null,
      },
    },
    // Whoever ends TLS says so: this server may be asked without.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
}
