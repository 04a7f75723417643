import type { ProjectState } from '@flaghoist/core/model'
import { Environment, Instance, Key, Segment } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { PlannedEdit } from '../../projects/projects.ts'
import { versionOf } from '../../projects/checks.ts'
import { problem } from '../../errors.ts'
import type { Parts } from '../../services.ts'
import { problems } from '../problem.ts'
import {
  hasTags,
  merge,
  PageQuery,
  ProjectParams,
  page,
  paginate,
  TagsQuery,
  WriteHeaders,
} from '../common.ts'
import { isVisibleEntity } from '../../projects/visibility.ts'
import { write } from '../write.ts'

type Kind = 'environment' | 'instance' | 'segment'
type Entity = Environment | Instance | Segment
type Entities = ReadonlyMap<string, Entity>

interface Resource {
  readonly kind: Kind
  /** Collection in the path and in the state. */
  readonly plural: 'environments' | 'instances' | 'segments'
  readonly schema: z.ZodObject<{ key: typeof Key } & z.ZodRawShape>
  /** What an entity has that was made with its key alone. */
  defaults(key: string, existing: Entities): Record<string, unknown>
  readonly about: string
}

const RESOURCES: readonly Resource[] = [
  {
    kind: 'environment',
    plural: 'environments',
    schema: Environment,
    defaults: (key, existing) => ({ name: key, order: existing.size, protected: false }),
    about: 'Stages such as production and staging.',
  },
  {
    kind: 'instance',
    plural: 'instances',
    schema: Instance,
    defaults: (key) => ({ name: key, tags: {}, timeZone: 'UTC', owner: '', status: 'active' }),
    about: 'Customised deployments, one for each customer.',
  },
  {
    kind: 'segment',
    plural: 'segments',
    schema: Segment,
    defaults: () => ({ include: [], exclude: [], when: [] }),
    about: 'Named audiences that rules refer to.',
  },
]

/** Environments, instances and segments: entities that are read and written whole. */
export const entityRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  for (const resource of RESOURCES) {
    await app.register(readRoutes, { parts, resource })
    await app.register(writeRoutes, { parts, resource })
  }
}

interface ResourceOptions {
  readonly parts: Parts
  readonly resource: Resource
}

const readRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { parts, resource }) => {
  const { kind, plural, schema, about } = resource
  const tags = [capital(plural)]

  app.get(
    `/:project/${plural}`,
    {
      schema: {
        operationId: `list${capital(plural)}`,
        summary: `List ${plural}`,
        description: about,
        tags,
        params: ProjectParams,
        querystring: PageQuery.extend({ tag: TagsQuery }),
        response: {
          200: page(schema, `${capital(plural)}, by key`),
          ...problems(400, 401, 403, 404),
        },
      },
    },
    async (request) => {
      const { state } = parts.changes.project(request.params.project)
      const { query, principal } = request
      const found = [...collection(state, resource).values()]
        .filter(({ key }) => isVisibleEntity(kind, key, principal.scope))
        .filter((entity) => hasTags('tags' in entity ? entity.tags : {}, query.tag))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      return paginate(found, query, ({ key }) => key)
    },
  )

  app.get(
    `/:project/${plural}/:key`,
    {
      schema: {
        operationId: `get${capital(kind)}`,
        summary: `Get one ${kind}`,
        tags,
        params: ProjectParams.extend({ key: Key }),
        response: {
          200: schema.describe(`The ${kind}, with its version as ETag`),
          ...problems(401, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const { project, key } = request.params
      const { state } = parts.changes.project(project)
      if (!isVisibleEntity(kind, key, request.principal.scope))
        throw problem('ENTITY_NOT_FOUND', { kind, key })
      const entity = find(state, resource, key)
      return reply.header('etag', `"${versionOf(state, [`${kind}:${key}`])}"`).send(entity as never)
    },
  )
}

const writeRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { parts, resource }) => {
  const { kind, plural, schema } = resource
  const { key: _, ...fields } = schema.shape
  const tags = [capital(plural)]
  const KeyParams = ProjectParams.extend({ key: Key })
  const edit = (key: string, after: unknown) => ({ kind, key, after }) as PlannedEdit

  app.post(
    `/:project/${plural}`,
    {
      schema: {
        operationId: `create${capital(kind)}`,
        summary: `Create ${article(kind)} ${kind}`,
        description: 'Only the key is needed; everything else has a default.',
        tags,
        params: ProjectParams,
        headers: WriteHeaders,
        body: optional(schema, ['key']),
        response: {
          201: schema.describe(`The new ${kind}`),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const body = request.body as { key: string }
      return write(parts, request, reply, {
        project,
        action: `${kind}.create`,
        names: [`${kind}:${body.key}`],
        status: 201,
        location: `/api/v1/projects/${project}/${plural}/${body.key}`,
        plan(state) {
          const existing = collection(state, resource)
          if (existing.has(body.key)) throw problem('ENTITY_EXISTS', { kind, key: body.key })
          return [
            edit(
              body.key,
              merge({ ...resource.defaults(body.key, existing), key: body.key }, body),
            ),
          ]
        },
        answer: ({ state }) => find(state, resource, body.key),
      })
    },
  )

  app.patch(
    `/:project/${plural}/:key`,
    {
      schema: {
        operationId: `update${capital(kind)}`,
        summary: `Change ${article(kind)} ${kind}`,
        description: 'What is left out stays as it is; `null` removes.',
        tags,
        params: KeyParams,
        headers: WriteHeaders,
        body: nullable(schema.omit({ key: true } as never), Object.keys(fields)),
        response: {
          200: schema.describe(`The ${kind} as it is now`),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project, key } = request.params
      return write(parts, request, reply, {
        project,
        action: `${kind}.update`,
        names: [`${kind}:${key}`],
        plan: (state) => [edit(key, merge(find(state, resource, key), request.body as object))],
        answer: ({ state }) => find(state, resource, key),
      })
    },
  )

  app.delete(
    `/:project/${plural}/:key`,
    {
      schema: {
        operationId: `delete${capital(kind)}`,
        summary: `Delete ${article(kind)} ${kind}`,
        description: 'Refused while layers, keys or rules still name it.',
        tags,
        params: KeyParams,
        headers: WriteHeaders,
        response: {
          200: z.object({ deleted: Key }).describe('It is gone'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { project, key } = request.params
      return write(parts, request, reply, {
        project,
        action: `${kind}.delete`,
        names: [`${kind}:${key}`],
        plan(state) {
          find(state, resource, key)
          return [edit(key, null)]
        },
        answer: () => ({ deleted: key }),
      })
    },
  )
}

function collection(state: ProjectState, { plural }: Resource): Entities {
  return state[plural]
}

function find(state: ProjectState, resource: Resource, key: string): Entity {
  const entity = collection(state, resource).get(key)
  if (entity === undefined) throw problem('ENTITY_NOT_FOUND', { kind: resource.kind, key })
  return entity
}

/** The schema of a request that may leave out all but some members. */
function optional(schema: Resource['schema'], required: readonly string[]) {
  const mask = Object.fromEntries(required.map((name) => [name, true]))
  return schema.partial().required(mask as never)
}

/** The schema of a request that may leave out everything, and take away what an entity may lack. */
function nullable(schema: z.ZodObject, fields: readonly string[]) {
  const shape = fields.map((name) => {
    const member = schema.shape[name] as z.ZodType
    return [name, member.safeParse(undefined).success ? member.nullable() : member.optional()]
  })
  return z.strictObject(Object.fromEntries(shape) as z.ZodRawShape)
}

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1)
const article = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a')
