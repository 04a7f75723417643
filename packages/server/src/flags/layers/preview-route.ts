import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { previewOf } from '../../http/commit-and-reply.ts'
import { problems } from '../../http/problem.ts'
import { WriteQuery } from '../../http/reason.ts'
import { IfMatchHeaders } from '../../http/request-schemas.ts'
import { isVisible } from '../../projects/visibility.ts'
import { withWarnings } from '../../projects/write-warnings.ts'
import type { Services } from '../../services.ts'
import { FlagParams } from '../flag-params.ts'
import { readRisk } from '../risk/read-risk.ts'
import { layerNotFound } from './find-layer.ts'
import { movedBucketsOf } from './moved-buckets.ts'
import { layerIn, setLayer } from './plan.ts'
import { resolvedIn } from './resolved.ts'
import { LayerPreview, PreviewRequest } from './schemas.ts'

export const previewRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.post(
    '/:project/flags/:flag/preview',
    {
      schema: {
        operationId: 'previewLayer',
        summary: 'Preview a layer',
        description:
          'Runs every check of the write and returns its effect, without storing it. Send its ETag as `If-Match` of the write; a preview that is refused with 428 has it too. A key that is bound to a scope can preview layers within that scope only.',
        tags: ['Layers'],
        params: FlagParams,
        querystring: WriteQuery,
        headers: IfMatchHeaders,
        body: PreviewRequest,
        response: { 200: LayerPreview, ...problems(409, 422, 428) },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const target = { ...params, scope: body.scope }
      const { projects } = services
      const project = projects.get(params.project)
      if (!isVisible(target.scope, principal.scope)) throw layerNotFound(target)
      const write = setLayer(target, body.layer)
      const {
        before,
        state: after,
        warnings,
      } = await previewOf(projects, { request, reply }, write)
      const { killed: _, ...layer } = layerIn(after, target) ?? {}
      const { flag } = params
      const risk = await readRisk(services, {
        project,
        before,
        flag,
        after,
        bound: principal.scope,
      })
      const moved = movedBucketsOf([before, after], target.flag)(target.scope)
      const resolved = resolvedIn(after, target)
      return withWarnings({ layer, movedBuckets: moved, resolved, risk }, warnings)
    },
  )
}
