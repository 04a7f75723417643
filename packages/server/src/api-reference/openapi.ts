import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { CSRF_HEADER, SESSION_COOKIE } from '../http/session-cookie.ts'
import { VERSION } from '../version.ts'
import { type OpenapiDocument, tidy, withCodeSamples } from './openapi-document.ts'
import { INTRODUCTION, TAGS } from './openapi-introduction.ts'
import { wrapReferences } from './openapi-references.ts'
import { SAMPLE_SERVER } from './openapi-route.ts'

const SECURITY_SCHEMES = {
  adminKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'Key of kind `admin`, for `/api/v1`',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'Session of a person, for `/api/v1`; `POST /api/v1/session` opens it',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: CSRF_HEADER,
    description: 'CSRF token of the session, for writes; `GET /api/v1/session` returns it',
  },
  sdkKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'Key of kind `server` or `client`, for `/sdk/v1` and `/ofrep/v1`. Use a `client` key on this page: servers refuse other keys from browsers.',
  },
} as const

/**
 * Collects every route that is registered afterwards into one OpenAPI 3.1 document. That takes a
 * second, so `npm run docs` writes the documents, and servers only read them.
 */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Flaghoist API',
        version: VERSION,
        description: INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES },
      security: [{ adminKey: [] }, { sdkKey: [] }],
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input)
      return { url, schema: wrapReferences({ ...schema, ...securityOf(input) }) }
    },
    transformObject: (input) =>
      withCodeSamples(
        tidy(jsonSchemaTransformObject(input) as OpenapiDocument),
        SAMPLE_SERVER,
      ) as ReturnType<typeof jsonSchemaTransformObject>,
  })
}

/** Names the kinds of credentials that a route accepts, unless the route names its own. */
function securityOf({ url, schema, route }: SecuredRoute) {
  if (schema?.security !== undefined) return {}
  if (!url.startsWith('/api/')) return { security: [{ sdkKey: [] }] }
  const isRead = ['GET', 'HEAD'].includes(String(route.method))
  const session = isRead ? { session: [] } : { session: [], csrfToken: [] }
  return { security: [{ adminKey: [] }, session] }
}

interface SecuredRoute {
  readonly url: string
  readonly schema?: { readonly security?: unknown }
  readonly route: { readonly method: string | string[] }
}
