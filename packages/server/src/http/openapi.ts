import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { VERSION } from '../version.ts'
import { type OpenapiDocument, tidy } from './openapi-document.ts'

/** Collects every route that is registered afterwards into one OpenAPI 3.1 document. */
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
    transformObject: (input) =>
      tidy(jsonSchemaTransformObject(input) as OpenapiDocument) as ReturnType<
        typeof jsonSchemaTransformObject
      >,
  })
}
