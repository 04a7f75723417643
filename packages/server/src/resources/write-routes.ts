import { Key } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { WriteQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import { createEntity, deleteEntity, findEntity, updateEntity } from './resource.ts'
import type { ResourceRoutesOptions } from './routes.ts'
import { creationBody, entityParams, updateBody } from './schemas.ts'

export const resourceWriteRoutes: FastifyPluginAsyncZod<ResourceRoutesOptions> = async (
  app,
  { services: { projects }, resource },
) => {
  const { kind, plural, article, tag, schema, written = schema } = resource
  const failures = problems(409, 422, 428)
  const capitalised = `${kind[0]!.toUpperCase()}${kind.slice(1)}`
  const operation = (verb: string) => `${verb}${capitalised}`
  const common = { tags: [tag], querystring: WriteQuery, headers: WriteHeaders }

  app.post(
    `/:project/${plural}`,
    {
      schema: {
        ...common,
        operationId: operation('create'),
        summary: `Create ${article}`,
        description: 'An absent member has its default.',
        params: ProjectParams,
        body: creationBody(resource),
        response: { 201: written.describe(`${capitalised} created`), ...failures },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const body = request.body as { key: string }
      return commitAndReply(projects, { request, reply }, createEntity(resource, project, body), {
        status: 201,
        location: `/api/v1/projects/${project}/${plural}/${body.key}`,
        body: ({ state }) => findEntity(state, resource, body.key),
      })
    },
  )

  app.patch(
    `/:project/${plural}/:key`,
    {
      schema: {
        ...common,
        operationId: operation('update'),
        summary: `Update ${article}`,
        description: 'An absent member stays; `null` removes an optional one.',
        params: entityParams(resource),
        body: updateBody(resource),
        response: { 200: written.describe(`${capitalised} updated`), ...failures },
      },
    },
    async (request, reply) => {
      const { params } = request
      const write = updateEntity(resource, params, request.body as object)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => findEntity(state, resource, params.key),
      })
    },
  )

  app.delete(
    `/:project/${plural}/:key`,
    {
      schema: {
        ...common,
        operationId: operation('delete'),
        summary: `Delete ${article}`,
        description: 'Fails with 422 while a layer, a key or a rule refers to it.',
        params: entityParams(resource),
        response: {
          200: z
            .object({
              deleted: Key.meta({
                description: `Key of the deleted ${kind}`,
                example: resource.examples.create.key,
              }),
            })
            .describe(`${capitalised} deleted`),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { params } = request
      return commitAndReply(projects, { request, reply }, deleteEntity(resource, params), {
        body: () => ({ deleted: params.key }),
      })
    },
  )
}
