import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { commitAndReply, previewOf } from '../../http/commit-and-reply.ts'
import { problems } from '../../http/problem.ts'
import { WriteQuery } from '../../http/reason.ts'
import { IfMatchHeaders, WriteHeaders } from '../../http/request-schemas.ts'
import { withWarnings } from '../../projects/write-warnings.ts'
import type { Services } from '../../services.ts'
import { FlagParams } from '../flag-params.ts'
import { readRisk } from '../risk/read-risk.ts'
import { movedBucketsOf } from './moved-buckets.ts'
import { layerIn } from './plan.ts'
import { updateLayers, waveScopes } from './wave.ts'
import { WavePreview, WaveRequest, WaveResult } from './wave-schemas.ts'

const request = {
  tags: ['Layers'],
  params: FlagParams,
  querystring: WriteQuery,
  body: WaveRequest,
}
const failures = problems(409, 422, 428)

/** Waves: the same change of a flag for many customers, as one change of the log. */
export const waveRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects } = services
  app.patch(
    '/:project/flags/:flag/layers',
    {
      schema: {
        ...request,
        operationId: 'updateLayers',
        summary: "Update a flag's layers in many scopes",
        description:
          'Changes all scopes in one change of the log, or none, so that one revert undoes the wave. `If-Match` compares with the newest of the layers.',
        headers: WriteHeaders,
        response: { 200: WaveResult, ...failures },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const write = updateLayers(params, body, principal.scope)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ version, state }) => ({
          version,
          layers: waveScopes(state, body, principal.scope).map((scope) => ({
            scope,
            layer: layerIn(state, { ...params, scope }) ?? {},
          })),
        }),
      })
    },
  )

  app.post(
    '/:project/flags/:flag/layers/preview',
    {
      schema: {
        ...request,
        operationId: 'previewLayers',
        summary: 'Preview an update of many layers',
        description:
          'Runs every check of the write and returns its effect in each scope, without storing it. Send its ETag as `If-Match` of the write; a preview that is refused with 428 has it too.',
        headers: IfMatchHeaders,
        response: { 200: WavePreview, ...failures },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const project = projects.get(params.project)
      const write = updateLayers(params, body, principal.scope)
      const {
        before,
        state: after,
        warnings,
      } = await previewOf(projects, { request, reply }, write)
      const { flag } = params
      const movedIn = movedBucketsOf([before, after], flag)
      const layers = waveScopes(after, body, principal.scope).map((scope) => {
        const { killed: _, ...layer } = layerIn(after, { ...params, scope }) ?? {}
        return { scope, layer, movedBuckets: movedIn(scope) }
      })
      const risk = await readRisk(services, {
        project,
        before,
        flag,
        after,
        bound: principal.scope,
      })
      return withWarnings({ layers, risk }, warnings)
    },
  )
}
