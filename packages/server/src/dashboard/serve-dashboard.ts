import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { matchesEtag } from '../http/if-none-match.ts'
import type { RequestLimits } from '../http/limits.ts'
import { assetRoutes } from './asset-routes.ts'
import type { Dashboard } from './read-dashboard.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** First parts of the paths that are not screens, so that a mistyped one gets its 404. */
const NOT_SCREENS = /^\/(api|sdk|ofrep|docs|errors|assets|openapi\.json)(\/|$)/

/**
 * Serves the dashboard: its page for every navigation of a browser to `/` or to a path without a
 * route, and its files below `/assets/`.
 */
export async function serveDashboard(
  app: FastifyInstance,
  dashboard: Dashboard,
  limits: RequestLimits,
): Promise<void> {
  const { page } = dashboard
  const etag = `"${hash('sha256', page, 'base64url')}"`
  app.addHook('onRequest', async (request, reply) => {
    if (!isNavigation(request)) return
    limits.require(request, reply)
    reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-cache', vary: 'accept', etag })
    if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.type('text/html; charset=utf-8').send(page)
  })
  await app.register(assetRoutes, { dashboard, limits })
}

/** Checks that a browser opens a screen. Scripts and programs do not ask for HTML. */
function isNavigation({ method, url, headers, is404 }: FastifyRequest): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  // First, because every request of an SDK passes here.
  if (!isRead || !headers.accept?.includes('text/html')) return false
  const path = url.split('?')[0]!
  return path === '/' || (is404 && !NOT_SCREENS.test(path))
}
