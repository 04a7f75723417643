import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M3 1v14M3 2h10l-3 3.5L13 9H3' fill='%232f6fed' stroke='%232f6fed' stroke-width='2'/></svg>"

const CONFIGURATION = {
  url: '/openapi.json',
  pageTitle: 'Flaghoist API reference',
  favicon: ICON,
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  mcp: { disabled: true },
  agent: { disabled: true },
  telemetry: false,
  // The document has its own samples, which work with the example values and are tested.
  hiddenClients: true,
} as const

/** The page has inline scripts and styles, and loads nothing from another host. */
const PAGE_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"

/**
 * The API reference at `/docs`. Its package holds 4 MB of script, so the first request loads it, in
 * an app of its own, because Fastify accepts no routes after its start.
 */
export const referenceRoutes: FastifyPluginAsync = async (app) => {
  let loading: Promise<FastifyInstance> | undefined
  app.addHook('onClose', async () => (await loading)?.close())

  for (const url of ['/docs', '/docs/*'])
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      loading ??= loadPage()
      const page = await (await loading).inject({ method: 'GET', url: request.url })
      const location = page.headers.location
      if (location !== undefined) return reply.redirect(location, page.statusCode)
      return reply
        .code(page.statusCode)
        .type(String(page.headers['content-type']))
        .header('content-security-policy', PAGE_POLICY)
        .send(page.rawPayload)
    })
}

async function loadPage(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  await app.register(scalar, { routePrefix: '/docs', configuration: CONFIGURATION })
  return app
}
