import { layerKey, type ProjectState } from '@flaghoist/core/model'
import { Flag, Key } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { PlannedEdit } from '../projects/projects.ts'
import { versionOf } from '../projects/checks.ts'
import { problem } from '../errors.ts'
import type { Parts } from '../services.ts'
import { problems } from '../http/problem.ts'
import {
  hasTags,
  merge,
  PageQuery,
  ProjectParams,
  page,
  paginate,
  TagsQuery,
  WriteHeaders,
} from '../http/common.ts'
import { FlagInput, FlagPatch, toLayer } from './schemas.ts'
import { visibleFlag } from '../projects/visibility.ts'
import { write } from '../http/write.ts'

export const FlagParams = ProjectParams.extend({ flag: Key })
const tags = ['Flags']

/** Flags: what they are. What they do where is in their layers. */
export const flagRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  await app.register(readRoutes, { parts })
  await app.register(writeRoutes, { parts })
  await app.register(archiveRoutes, { parts })
}

const readRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.get(
    '/:project/flags',
    {
      schema: {
        operationId: 'listFlags',
        summary: 'List flags',
        tags,
        params: ProjectParams,
        querystring: PageQuery.extend({
          tag: TagsQuery,
          kind: Flag.shape.kind.optional(),
          archived: z
            .enum(['true', 'false'])
            .default('false')
            .meta({ description: 'Archived flags instead of live ones' }),
          search: z
            .string()
            .max(200)
            .optional()
            .meta({ description: 'Part of the key or description' }),
        }),
        response: { 200: page(Flag, 'Flags, by key'), ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params, query, principal }, _reply) => {
      const { state } = parts.changes.project(params.project)
      const search = query.search?.toLowerCase() ?? ''
      const found = [...state.flags.values()]
        .filter(({ archivedAt }) => (archivedAt !== undefined) === (query.archived === 'true'))
        .filter((flag) => query.kind === undefined || flag.kind === query.kind)
        .filter((flag) => hasTags(flag.tags, query.tag))
        .filter(
          ({ key, description }) =>
            key.includes(search) || description.toLowerCase().includes(search),
        )
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const { items, next } = paginate(found, query, ({ key }) => key)
      return {
        items: items.map((flag) => visibleFlag(flag, principal.scope)),
        ...(next && { next }),
      }
    },
  )

  app.get(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'getFlag',
        summary: 'Get one flag with its layers',
        tags,
        params: FlagParams,
        response: {
          200: Flag.describe('The flag, with its version as ETag'),
          ...problems(401, 403, 404),
        },
      },
    },
    async ({ params, principal }, reply) => {
      const { state } = parts.changes.project(params.project)
      const flag = findFlag(state, params.flag)
      reply.header('etag', `"${versionOf(state, namesOf(flag))}"`)
      return visibleFlag(flag, principal.scope)
    },
  )
}

const writeRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.post(
    '/:project/flags',
    {
      schema: {
        operationId: 'createFlag',
        summary: 'Create a flag',
        description:
          'With `{"key": "new-checkout"}` alone: a boolean release flag, off everywhere.',
        tags,
        params: ProjectParams,
        headers: WriteHeaders,
        body: FlagInput,
        response: { 201: Flag.describe('The new flag'), ...problems(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const { layers = {}, ...given } = request.body
      const definition = complete(given)
      const { key, variants } = definition
      return write(parts, request, reply, {
        project,
        action: 'flag.create',
        names: [`flag:${key}`],
        status: 201,
        location: `/api/v1/projects/${project}/flags/${key}`,
        plan(state): PlannedEdit[] {
          if (state.flags.has(key)) throw problem('ENTITY_EXISTS', { kind: 'flag', key })
          const base = { ...baseLayer(variants), ...toLayer(layers['*'] ?? {}, {}) }
          const others = Object.entries(layers).filter(([scope]) => scope !== '*')
          return [
            { kind: 'flag', key, after: definition },
            { kind: 'layer', key: layerKey(key, '*'), after: base },
            ...others.map(([scope, layer]): PlannedEdit => {
              return { kind: 'layer', key: layerKey(key, scope), after: toLayer(layer, base) }
            }),
          ]
        },
        answer: ({ state }) => findFlag(state, key),
      })
    },
  )

  app.patch(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'updateFlag',
        summary: 'Change what a flag is',
        description:
          'What is left out stays as it is; `null` removes. The type and the key never change.',
        tags,
        params: FlagParams,
        headers: WriteHeaders,
        body: FlagPatch,
        response: {
          200: Flag.describe('The flag as it is now'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project, flag: key } = request.params
      return write(parts, request, reply, {
        action: 'flag.update',
        ...editOf(parts, project, key, (definition) => merge(definition, request.body)),
      })
    },
  )
}

const archiveRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.delete(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'archiveFlag',
        summary: 'Archive a flag',
        description:
          'SDKs no longer get it, and serve the default of the caller. Its key is never given again.',
        tags,
        params: FlagParams,
        headers: WriteHeaders,
        response: {
          200: Flag.describe('The archived flag'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project, flag: key } = request.params
      const archivedAt = new Date(parts.now()).toISOString()
      return write(parts, request, reply, {
        action: 'flag.archive',
        ...editOf(parts, project, key, (flag) => ({
          ...flag,
          archivedAt: flag.archivedAt ?? archivedAt,
        })),
      })
    },
  )

  app.post(
    '/:project/flags/:flag/unarchive',
    {
      schema: {
        operationId: 'unarchiveFlag',
        summary: 'Bring an archived flag back',
        tags,
        params: FlagParams,
        headers: WriteHeaders,
        response: {
          200: Flag.describe('The flag, live again'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project, flag: key } = request.params
      return write(parts, request, reply, {
        action: 'flag.unarchive',
        ...editOf(parts, project, key, ({ archivedAt: _, ...flag }) => flag),
      })
    },
  )
}

export function findFlag(state: ProjectState, key: string): Flag {
  const flag = state.flags.get(key)
  if (flag === undefined) throw problem('ENTITY_NOT_FOUND', { kind: 'flag', key })
  return flag
}

type Definition = Omit<Flag, 'layers'>

/** A write that edits a flag's definition. */
function editOf(
  parts: Parts,
  project: string,
  key: string,
  edit: (flag: Definition) => Definition,
) {
  const known = parts.changes.project(project).state.flags.get(key)
  return {
    project,
    names: known ? namesOf(known) : [`flag:${key}`],
    plan(state: ProjectState): PlannedEdit[] {
      const { layers: _, ...definition } = findFlag(state, key)
      return [{ kind: 'flag', key, after: edit(definition) }]
    },
    answer: ({ state }: { state: ProjectState }) => findFlag(state, key),
  }
}

/** What a flag's version is about: its definition and all its layers. */
function namesOf({ key, layers }: Flag): string[] {
  return [`flag:${key}`, ...Object.keys(layers).map((scope) => `layer:${layerKey(key, scope)}`)]
}

/** A definition with a default for everything that was left out. */
function complete(given: Omit<z.infer<typeof FlagInput>, 'layers'>): Definition {
  const booleans = [
    { key: 'on', value: true },
    { key: 'off', value: false },
  ]
  if (given.variants === undefined && given.type !== 'boolean')
    throw problem('REQUEST_INVALID', {
      problem: `A flag of type ${given.type} needs "variants", such as [{"key": "light", "value": …}].`,
    })
  const { key, type, expectedRemovalAt } = given
  return {
    key,
    type,
    kind: given.kind ?? 'release',
    variants: given.variants ?? booleans,
    description: given.description ?? '',
    owner: given.owner ?? '',
    tags: given.tags ?? {},
    clientVisible: given.clientVisible ?? false,
    permanent: given.permanent ?? false,
    prerequisites: given.prerequisites ?? [],
    ...(expectedRemovalAt === undefined ? {} : { expectedRemovalAt }),
  }
}

/** Off, with the last variant as the off variant: the order in which people write "new, old" and "on, off". */
function baseLayer(variants: Definition['variants']) {
  return {
    on: false,
    off: variants.at(-1)!.key,
    fallthrough: { variant: variants[0]!.key },
  }
}
