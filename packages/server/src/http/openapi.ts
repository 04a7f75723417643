import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { VERSION } from '../version.ts'

/** Collects every route that is registered after it into one OpenAPI 3.1 document. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Flaghoist',
        version: VERSION,
        description:
          'Feature flags for one product with many customers: admin API, SDK endpoints, OFREP.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key: `admin` for /api, `server` or `client` for /sdk and /ofrep',
          },
        },
      },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => withoutTwins(jsonSchemaTransformObject(input) as Document) as never,
  })
}

interface Document {
  components?: { schemas?: Record<string, unknown> }
}

/**
 * Each schema with an id comes as `X` for answers and `XInput` for requests. Where the two say the same, one is
 * enough: readers and generators get half of the types.
 */
export function withoutTwins<T extends Document>(document: T): T {
  const schemas = document.components?.schemas ?? {}
  const twins = Object.keys(schemas).filter((name) => {
    const answer = schemas[name.replace(/Input$/, '')]
    return name.endsWith('Input') && answer !== undefined && areTwins(schemas[name], answer)
  })
  if (twins.length === 0) return document

  let text = JSON.stringify(document)
  for (const name of twins) {
    const base = name.replace(/Input$/, '')
    text = text.replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${base}"`)
  }
  const merged = JSON.parse(text) as T
  for (const name of twins) delete merged.components!.schemas![name]
  return merged
}

/** Whether two schemas say the same, references to twins included. */
function areTwins(input: unknown, answer: unknown): boolean {
  const plain = (schema: unknown) =>
    JSON.stringify(schema).replaceAll(/(#\/components\/schemas\/[^"]*?)Input"/g, '$1"')
  return plain(input) === plain(answer)
}
