import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import type { RequestLimits } from '../http/limits.ts'
import { routeNotFound } from '../http/not-found.ts'
import type { Dashboard } from './read-dashboard.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Suffixes of the compressed copies that the build writes beside each file. */
const SUFFIXES = { br: '.br', gzip: '.gz' } as const
const ENCODINGS = Object.keys(SUFFIXES) as readonly (keyof typeof SUFFIXES)[]

/** Media types by suffix. A file with another suffix is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'application/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** A file in the encoding of a response. */
interface Asset {
  /** Name of the file, or of a compressed copy of it. */
  readonly stored: string
  readonly type: string
  readonly encoding: keyof typeof SUFFIXES | undefined
}

/**
 * The files of the dashboard, below `/assets/`. One route serves exactly the names that the build
 * wrote: a route for each of 200 files would slow down every start.
 */
export const assetRoutes: FastifyPluginAsync<{
  readonly dashboard: Dashboard
  readonly limits: RequestLimits
}> = async (app, { dashboard: { assets, names }, limits }) => {
  app.addHook('onRequest', async (request, reply) => limits.require(request, reply))
  app.get<{ Params: { name: string } }>(
    '/assets/:name',
    { schema: { hide: true } },
    async (request, reply) => {
      const asset = findAsset(names, request.params.name, request.headers)
      if (asset === undefined) throw routeNotFound(request)
      const { stored, type, encoding } = asset
      // The name of a file contains the hash of its content.
      const etag = `"${stored}"`
      reply.headers({
        ...SECURITY_HEADERS,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        etag,
      })
      if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      if (encoding !== undefined) reply.header('content-encoding', encoding)
      return reply.type(type).send(await readFile(join(assets, stored)))
    },
  )
}

/** Returns the file of a name in the best encoding that the client accepts. */
function findAsset(
  names: ReadonlySet<string>,
  name: string,
  headers: FastifyRequest['headers'],
): Asset | undefined {
  const type = TYPES[extname(name)]
  if (type === undefined || !names.has(name)) return undefined
  const copies = ENCODINGS.filter((one) => names.has(name + SUFFIXES[one]))
  const encoding = acceptedEncoding(headers['accept-encoding'], copies)
  return { stored: encoding === undefined ? name : name + SUFFIXES[encoding], type, encoding }
}
