import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { commitAndReply } from '../../http/commit-and-reply.ts'
import { problems } from '../../http/problem.ts'
import { WriteQuery } from '../../http/reason.ts'
import { WriteHeaders } from '../../http/request-schemas.ts'
import type { Services } from '../../services.ts'
import { deleteLayer, layerIn, setLayer, updateLayer } from './plan.ts'
import { LayerInput, LayerParams, LayerPatch, WrittenLayer } from './schemas.ts'

const request = {
  tags: ['Layers'],
  params: LayerParams,
  querystring: WriteQuery,
  headers: WriteHeaders,
}
const failures = problems(409, 422, 428)
const path = '/:project/flags/:flag/layers/:scope'

export const layerWriteRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.put(
    path,
    {
      schema: {
        ...request,
        operationId: 'setLayer',
        summary: "Replace a flag's layer in a scope",
        description: 'Absent members are inherited from the more general scope. A kill stays.',
        body: LayerInput,
        response: { 200: WrittenLayer.describe('Stored layer'), ...failures },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const write = setLayer(params, body)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => layerIn(state, params) ?? null,
      })
    },
  )

  app.patch(
    path,
    {
      schema: {
        ...request,
        operationId: 'updateLayer',
        summary: "Update a flag's layer in a scope",
        description:
          'An absent member stays. `null` clears a member, so that it is inherited again; a rollout of `null` means no rollout.',
        body: LayerPatch,
        response: { 200: WrittenLayer.describe('Stored layer'), ...failures },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const write = updateLayer(params, body)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => layerIn(state, params) ?? null,
      })
    },
  )

  app.delete(
    path,
    {
      schema: {
        ...request,
        operationId: 'deleteLayer',
        summary: "Delete a flag's layer in a scope",
        description: 'The scope inherits every member again. A kill in the layer stays.',
        response: {
          200: WrittenLayer.nullable().describe('The kill that stays, or null'),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { params } = request
      return commitAndReply(projects, { request, reply }, deleteLayer(params), {
        body: ({ state }) => layerIn(state, params) ?? null,
      })
    },
  )
}
