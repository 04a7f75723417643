import {
  apply,
  entityName,
  layerKey,
  mostMoved,
  type ProjectState,
  resolve,
  validate,
} from '@flaghoist/core/model'
import { type Flag, Layer, Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { complete, malformed, refuse, versionOf } from '../../projects/checks.ts'
import { problem } from '../../errors.ts'
import type { Parts } from '../../services.ts'
import { problems } from '../../http/problem.ts'
import { Reason, WriteHeaders } from '../../http/common.ts'
import { LayerInput, LayerPatch, toLayer } from '../schemas.ts'
import { FlagParams, findFlag } from '../routes.ts'
import { isVisible } from '../../projects/visibility.ts'
import { write } from '../../http/write.ts'

const LayerParams = FlagParams.extend({
  scope: Scope.meta({ description: '`*`, an environment, or an instance: `production/acme`' }),
})
const ReasonQuery = z.strictObject({ reason: Reason })
const tags = ['Layers']

const Resolved = z
  .object({
    configuration: Layer.omit({ killed: true, note: true }).extend({
      killed: z.boolean().optional(),
    }),
    provenance: z.record(z.string(), Scope).meta({ description: 'Member → the scope that set it' }),
  })
  .describe('What SDKs of the scope get')

/** Layers: what a flag does where. */
export const layerRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  await app.register(readRoutes, { parts })
  await app.register(writeRoutes, { parts })
  await app.register(previewRoute, { parts })
}

const readRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.get(
    '/:project/flags/:flag/layers/:scope',
    {
      schema: {
        operationId: 'getLayer',
        summary: 'Get what a scope sets of a flag',
        tags,
        params: LayerParams,
        response: {
          200: Layer.describe('The layer, with its version as ETag'),
          ...problems(401, 403, 404),
        },
      },
    },
    async ({ params, principal }, reply) => {
      const { state } = parts.changes.project(params.project)
      const flag = findFlag(state, params.flag)
      const layer = isVisible(params.scope, principal.scope)
        ? ownLayer(flag, params.scope)
        : undefined
      if (layer === undefined) throw noLayer(params)
      reply.header('etag', `"${versionOf(state, [nameOf(params)])}"`)
      return layer
    },
  )

  app.get(
    '/:project/flags/:flag/resolved',
    {
      schema: {
        operationId: 'resolveFlag',
        summary: 'See what a flag does in a scope, and why',
        tags,
        params: FlagParams,
        querystring: z.strictObject({ scope: Scope }),
        response: { 200: Resolved, ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params, query, principal }) => {
      const { state } = parts.changes.project(params.project)
      const flag = findFlag(state, params.flag)
      if (!isVisible(query.scope, principal.scope)) throw noLayer({ ...params, scope: query.scope })
      return resolve(flag, query.scope) as z.infer<typeof Resolved>
    },
  )
}

const writeRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  const answers = {
    200: Layer.describe('The layer as it is stored'),
    ...problems(400, 401, 403, 404, 409, 422),
  }

  app.put(
    '/:project/flags/:flag/layers/:scope',
    {
      schema: {
        operationId: 'setLayer',
        summary: 'Set what a scope sets of a flag',
        description:
          'Replaces the layer; what it leaves out comes from the more general scope. A kill stays.',
        tags,
        params: LayerParams,
        querystring: ReasonQuery,
        headers: WriteHeaders,
        body: LayerInput,
        response: answers,
      },
    },
    async (request, reply) => {
      const { params, body, query } = request
      return write(parts, request, reply, {
        ...layerWrite(params, (flag) =>
          withKill(toLayer(body, served(flag, params.scope)), flag, params.scope),
        ),
        action: 'layer.set',
        reason: query.reason,
      })
    },
  )

  app.patch(
    '/:project/flags/:flag/layers/:scope',
    {
      schema: {
        operationId: 'updateLayer',
        summary: 'Change what a scope sets of a flag',
        description:
          'What is left out stays as it is. `null` gives a member back to the more general scope; a rollout of `null` is none.',
        tags,
        params: LayerParams,
        querystring: ReasonQuery,
        headers: WriteHeaders,
        body: LayerPatch,
        response: answers,
      },
    },
    async (request, reply) => {
      const { params, body, query } = request
      return write(parts, request, reply, {
        ...layerWrite(params, (flag) => patched(flag, params.scope, body)),
        action: 'layer.update',
        reason: query.reason,
      })
    },
  )

  app.delete(
    '/:project/flags/:flag/layers/:scope',
    {
      schema: {
        operationId: 'deleteLayer',
        summary: 'Give a scope back to the more general one',
        description: 'A kill in the layer stays; restore it first.',
        tags,
        params: LayerParams,
        querystring: ReasonQuery,
        headers: WriteHeaders,
        response: {
          200: Layer.nullable().describe('What is left: nothing, or a kill'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { params, query } = request
      return write(parts, request, reply, {
        ...layerWrite(params, (flag) => {
          if (ownLayer(flag, params.scope) === undefined) throw noLayer(params)
          const left = withKill({}, flag, params.scope)
          return Object.keys(left).length === 0 ? null : left
        }),
        action: 'layer.delete',
        reason: query.reason,
      })
    },
  )
}

const PreviewRequest = strict({ scope: Scope, layer: LayerInput }).meta({ id: 'PreviewRequest' })

const previewRoute: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.post(
    '/:project/flags/:flag/preview',
    {
      schema: {
        operationId: 'previewLayer',
        summary: 'See what a layer would change, without changing it',
        tags,
        params: FlagParams,
        body: PreviewRequest,
        response: {
          200: z
            .object({
              layer: Layer,
              movedBuckets: z.int().meta({
                description:
                  'Of 100,000 buckets, how many would change variant at most, by fallthrough and rollout',
              }),
            })
            .describe('The layer as it would be stored'),
          ...problems(400, 401, 403, 404, 422),
        },
      },
    },
    async ({ params, body, principal }) => {
      const { state } = parts.changes.project(params.project)
      const flag = findFlag(state, params.flag)
      if (!isVisible(body.scope, principal.scope)) throw noLayer({ ...params, scope: body.scope })
      const layer = toLayer(body.layer, served(flag, body.scope))
      const after = withKill(layer, flag, body.scope)
      const edits = complete(state, [{ kind: 'layer', key: layerKey(flag.key, body.scope), after }])
      const next = apply(state, { seq: state.version + 1, edits })
      refuse(malformed(edits))
      refuse(validate(state, next, edits))
      const [was, is] = [flag, findFlag(next, flag.key)].map(
        (one) => resolve(one, body.scope).configuration,
      )
      return { layer, movedBuckets: mostMoved(was!, is!) }
    },
  )
}

interface LayerAddress {
  readonly project: string
  readonly flag: string
  readonly scope: string
}

function layerWrite(
  { project, flag: key, scope }: LayerAddress,
  edit: (flag: Flag) => Layer | null,
) {
  const name = layerKey(key, scope)
  return {
    project,
    names: [`layer:${name}`],
    plan: (state: ProjectState) => [
      { kind: 'layer' as const, key: name, after: edit(findFlag(state, key)) },
    ],
    answer: ({ state }: { state: ProjectState }) => ownLayer(findFlag(state, key), scope) ?? null,
  }
}

/** The stored layer with what a patch names; what it gives back is gone, and the rest stays as it is stored. */
function patched(flag: Flag, scope: string, patch: z.infer<typeof LayerPatch>): Layer {
  const { rollout, ...others } = patch
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== undefined)
  const input = { ...Object.fromEntries(given), ...(rollout === undefined ? {} : { rollout }) }
  const returned = Object.entries(others).filter(([, value]) => value === null)
  const kept = { ...ownLayer(flag, scope), ...toLayer(input, served(flag, scope)) }
  for (const [name] of returned) delete kept[name as keyof Layer]
  return kept
}

function withKill(layer: Layer, flag: Flag, scope: string): Layer {
  const killed = ownLayer(flag, scope)?.killed
  return killed === undefined ? layer : { ...layer, killed }
}

function served(flag: Flag, scope: string) {
  const { rollout, fallthrough, rules } = resolve(flag, scope).configuration
  return { rollout, fallthrough, rules } as Pick<Layer, 'rollout' | 'fallthrough' | 'rules'>
}

function ownLayer({ layers }: Flag, scope: string): Layer | undefined {
  return Object.hasOwn(layers, scope) ? layers[scope] : undefined
}

function nameOf({ flag, scope }: LayerAddress): string {
  return entityName({ kind: 'layer', key: layerKey(flag, scope) })
}

function noLayer({ flag, scope }: { flag: string; scope: string }) {
  return problem('ENTITY_NOT_FOUND', { kind: 'layer', key: layerKey(flag, scope) })
}
