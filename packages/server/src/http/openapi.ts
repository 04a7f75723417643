import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { VERSION } from '../version.ts'
import { type OpenapiDocument, tidy, withCodeSamples } from './openapi-document.ts'
import { INTRODUCTION, TAGS } from './openapi-introduction.ts'

/** Collects every route that is registered afterwards into one OpenAPI 3.1 document. */
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
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'API key: `admin` for /api, `server` or `client` for /sdk and /ofrep',
          },
        },
      },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) =>
      withCodeSamples(tidy(jsonSchemaTransformObject(input) as OpenapiDocument)) as ReturnType<
        typeof jsonSchemaTransformObject
      >,
  })
}
