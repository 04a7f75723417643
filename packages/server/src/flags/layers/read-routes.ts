import { Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { versionOf } from '../../projects/checks.ts'
import { scopeExists, scopeNotFound } from '../../projects/not-found.ts'
import { isVisible } from '../../projects/visibility.ts'
import type { Services } from '../../services.ts'
import { findFlag } from '../find-flag.ts'
import { FlagParams } from '../flag-params.ts'
import { ShownLayer, shownLayer } from '../shown-flag.ts'
import { layerName, layerNotFound, ownLayer } from './find-layer.ts'
import { resolvedIn } from './resolved.ts'
import { LayerParams, ResolvedFlag } from './schemas.ts'

const tags = ['Layers']

export const layerReadRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  app.get(
    '/:project/flags/:flag/layers/:scope',
    {
      schema: {
        operationId: 'getLayer',
        summary: "Get a flag's layer in a scope",
        description:
          'The 404 response of a missing layer has an ETag too, for the write that creates the layer.',
        tags,
        params: LayerParams,
        response: {
          200: ShownLayer.describe('Layer, with its version as ETag'),
        },
      },
    },
    async ({ params, principal }, reply) => {
      const { state } = projects.get(params.project)
      const flag = findFlag(state, params.flag)
      if (!isVisible(params.scope, principal.scope)) throw layerNotFound(params)
      // A deleted layer has a version too, which the write of a new one names.
      reply.header('etag', `"${versionOf(state, [layerName(params)])}"`)
      const layer = ownLayer(flag, params.scope)
      if (layer === undefined) throw layerNotFound(params)
      return shownLayer(layer, now())
    },
  )

  app.get(
    '/:project/flags/:flag/resolved',
    {
      schema: {
        operationId: 'resolveFlag',
        summary: "Resolve a flag's configuration in a scope",
        description: 'Combines the layers of the scope, and names the layer that sets each member.',
        tags,
        params: FlagParams,
        querystring: strict({
          scope: Scope.meta({ description: 'Scope to resolve in', example: 'production/acme' }),
        }),
        response: { 200: ResolvedFlag.describe('Configuration that SDKs evaluate in the scope') },
      },
    },
    async ({ params, query: { scope }, principal }) => {
      const { state } = projects.get(params.project)
      if (!isVisible(scope, principal.scope)) throw layerNotFound({ ...params, scope })
      if (!scopeExists(state, scope)) throw scopeNotFound(state, scope)
      return resolvedIn(state, { ...params, scope })
    },
  )
}
