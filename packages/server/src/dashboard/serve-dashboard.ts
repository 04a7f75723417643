import { hash } from 'node:crypto'
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { matchesEtag } from '../http/if-none-match.ts'
import type { RequestLimits } from '../http/limits.ts'
import type { Dashboard } from './read-dashboard.ts'

/** Everything comes from the server itself, and nothing is inline. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const FILES = {
  prefix: '/assets/',
  // A route for each file, so that a missing one has none.
  wildcard: false,
  globIgnore: ['**/*.{br,gz}'],
  index: false,
  preCompressed: true,
  decorateReply: false,
  immutable: true,
  maxAge: '365d',
  setHeaders: (reply) => void reply.headers(SECURITY_HEADERS),
} satisfies Partial<FastifyStaticOptions>

/** First parts of the paths that are not screens, so that a mistyped one gets its 404. */
const NOT_SCREENS = /^\/(api|sdk|ofrep|docs|errors|assets|openapi\.json)(\/|$)/

/**
 * Serves the dashboard: its page for every navigation of a browser to `/` or to a path without a
 * route, and its files below `/assets/`.
 */
export async function serveDashboard(
  app: FastifyInstance,
  { page, assets }: Dashboard,
  limits: RequestLimits,
): Promise<void> {
  const etag = `"${hash('sha256', page, 'base64url')}"`
  app.addHook('onRequest', async (request, reply) => {
    if (!isNavigation(request)) return
    limits.require(request, reply)
    reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-cache', vary: 'accept', etag })
    if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.type('text/html; charset=utf-8').send(page)
  })
  await app.register(assetRoutes, { assets, limits })
}

const assetRoutes: FastifyPluginAsync<{
  readonly assets: string
  readonly limits: RequestLimits
}> = async (app, { assets, limits }) => {
  app.addHook('onRequest', async (request, reply) => limits.require(request, reply))
  await app.register(fastifyStatic, { ...FILES, root: assets })
}

/** Checks that a browser opens a screen. Scripts and programs do not ask for HTML. */
function isNavigation({ method, url, headers, is404 }: FastifyRequest): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  // First, because every request of an SDK passes here.
  if (!isRead || !headers.accept?.includes('text/html')) return false
  const path = url.split('?')[0]!
  return path === '/' || (is404 && !NOT_SCREENS.test(path))
}
