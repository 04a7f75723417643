import { entityName } from '@flaghoist/core/model'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { PageQuery, page, paginate } from '../http/pagination.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { matchesTags, TagsQuery } from '../http/tags.ts'
import { versionOf } from '../projects/checks.ts'
import { isVisibleEntity } from '../projects/visibility.ts'
import { type Entity, findVisibleEntity } from './resource.ts'
import type { ResourceRoutesOptions } from './routes.ts'
import { entityParams } from './schemas.ts'

export const resourceReadRoutes: FastifyPluginAsyncZod<ResourceRoutesOptions> = async (
  app,
  { services: { projects }, resource },
) => {
  const { kind, plural, article, tag, schema, description, bound } = resource
  const shownSchema = bound ? z.union([schema, bound.schema]) : schema
  const show = (entity: Entity, scope: string | undefined) =>
    bound && scope !== undefined ? bound.show(entity) : entity

  app.get(
    `/:project/${plural}`,
    {
      schema: {
        operationId: `list${tag}`,
        summary: `List ${plural}`,
        description,
        tags: [tag],
        params: ProjectParams,
        querystring: PageQuery.extend({ tag: TagsQuery }),
        response: {
          200: page(shownSchema, `${tag} in order of their keys`),
        },
      },
    },
    async ({ params, query, principal }) => {
      const { state } = projects.get(params.project)
      const found = [...resource.entities(state).values()]
        .filter(({ key }) => isVisibleEntity(state, { kind, key }, principal.scope))
        .filter((entity) => matchesTags('tags' in entity ? entity.tags : {}, query.tag))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const { items, ...rest } = paginate(found, query, ({ key }) => key)
      return { items: items.map((entity) => show(entity, principal.scope)), ...rest }
    },
  )

  app.get(
    `/:project/${plural}/:key`,
    {
      schema: {
        operationId: `get${kind[0]!.toUpperCase()}${kind.slice(1)}`,
        summary: `Get ${article}`,
        tags: [tag],
        params: entityParams(resource),
        response: {
          200: shownSchema.describe(`The ${kind}, with its version as ETag`),
        },
      },
    },
    async ({ params: { project, key }, principal }, reply) => {
      const { state } = projects.get(project)
      const entity = findVisibleEntity(state, resource, { key, bound: principal.scope })
      const version = versionOf(state, [entityName({ kind, key })])
      return reply.header('etag', `"${version}"`).send(show(entity, principal.scope) as never)
    },
  )
}
