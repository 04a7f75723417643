import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { page } from '../http/pagination.ts'
import { problems } from '../http/problem.ts'
import { ReasonBody, WriteQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import { type VisibleChange, visibleChange } from '../projects/visibility.ts'
import { warningsMember } from '../projects/write-warnings.ts'
import type { Services } from '../services.ts'
import { ChangeFilter, matchesFilter, requireKnown } from './filter.ts'
import { findRevertible } from './find-revertible.ts'
import { headRoute } from './head-route.ts'
import { changeNotFound, findChange, newestFirst } from './history.ts'
import { revertChange } from './revert.ts'
import { ShownChange } from './schemas.ts'

const tags = ['Changes']

/** Edits after which a page ends, as its description says: an import has tens of thousands. */
const MAX_EDITS = 5_000

const ChangeParams = ProjectParams.extend({
  seq: z.coerce.number().int().min(1).meta({ description: 'Number of the change', example: 2 }),
})

/** The change log of a project: actor, edits, time and reason of each change. */
export const changeRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  await app.register(readRoutes, { services })
  await app.register(revertRoute, { services })
  await app.register(headRoute, { services })
}

const readRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores } },
) => {
  app.get(
    '/:project/changes',
    {
      schema: {
        operationId: 'listChanges',
        summary: 'List changes',
        description:
          'Newest first. Every condition must match. A page ends early after 5,000 edits.',
        tags,
        params: ProjectParams,
        querystring: ChangeFilter,
        response: {
          200: page(ShownChange, 'Changes, newest first'),
        },
      },
    },
    async ({ params: { project }, query, principal }) => {
      const { state } = projects.get(project)
      requireKnown(state, query, principal.scope)
      const items: VisibleChange[] = []
      let edits = 0
      const below = Math.min(query.cursor ?? Number.POSITIVE_INFINITY, state.version + 1)
      for await (const change of newestFirst(stores.log, { project, seq: below })) {
        const seen = visibleChange(state, change, principal.scope)
        if (seen === undefined || !matchesFilter(seen, query)) continue
        if (items.length === query.limit || edits >= MAX_EDITS)
          return { items, next: String(items.at(-1)!.seq) }
        items.push(seen)
        edits += seen.edits.length
      }
      return { items }
    },
  )

  app.get(
    '/:project/changes/:seq',
    {
      schema: {
        operationId: 'getChange',
        summary: 'Get a change',
        tags,
        params: ChangeParams,
        response: { 200: ShownChange.describe('Change') },
      },
    },
    async ({ params, principal }) => {
      const { state } = projects.get(params.project)
      const change = await findChange(stores.log, params)
      return visibleChange(state, change, principal.scope) ?? changeNotFound(params)
    },
  )
}

const revertRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.post(
    '/:project/changes/:seq/revert',
    {
      schema: {
        operationId: 'revertChange',
        summary: 'Revert a change',
        description:
          'Restores the values before the change, as a new change. A later kill or restore stays. Fails with 409 if one of the entities has changed otherwise.',
        tags,
        params: ChangeParams,
        querystring: WriteQuery,
        headers: WriteHeaders,
        body: ReasonBody,
        response: {
          200: z
            .object({
              version: z.int().meta({
                description: 'Version of the project afterwards',
                example: 813,
              }),
              change: ShownChange.optional().meta({
                description: 'The new change; absent if nothing had to change',
              }),
              ...warningsMember,
            })
            .describe('Change reverted'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const { state } = projects.get(params.project)
      const change = await findRevertible(stores.log, params, { state, principal })
      const at = new Date(now()).toISOString()
      const write = revertChange(params.project, change, { at, reason: body?.reason })
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ version, change: made, state: after }) => ({
          version,
          ...(made && { change: visibleChange(after, made, request.principal.scope) }),
        }),
      })
    },
  )
}
