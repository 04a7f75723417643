import { Flag } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { PageQuery, page, paginate } from '../http/pagination.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { matchesTags, TagsQuery } from '../http/tags.ts'
import { versionOf } from '../projects/checks.ts'
import { visibleFlag } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { flagNames } from './plan.ts'
import { ShownFlag, shownFlag } from './shown-flag.ts'
import { STALE_DAYS, staleFilter } from './stale.ts'

const tags = ['Flags']

const FlagsQuery = PageQuery.extend({
  tag: TagsQuery,
  owner: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Owner of the flags, such as `team-checkout`' }),
  kind: z.enum(Flag.shape.kind.options).optional().meta({ description: 'Kind of the flags' }),
  archived: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: '`true` lists archived flags instead of live ones' }),
  stale: z
    .enum(['true', 'false'])
    .default('false')
    .meta({
      description: `\`true\` lists only flags to remove: live, not permanent, and overdue or the same for every context in every scope and unchanged for ${STALE_DAYS} days`,
    }),
  search: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Part of the key or of the description, such as `checkout`' }),
})
type FlagsQuery = z.infer<typeof FlagsQuery>

export const flagReadRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/flags',
    {
      schema: {
        operationId: 'listFlags',
        summary: 'List flags',
        tags,
        params: ProjectParams,
        querystring: FlagsQuery,
        response: {
          200: page(ShownFlag, 'Flags in order of their keys'),
        },
      },
    },
    async ({ params, query, principal }) => {
      const project = projects.get(params.project)
      const { state } = project
      const isWanted =
        query.stale === 'true'
          ? await staleFilter(stores.log, project, { scope: principal.scope, now: now() })
          : () => true
      const found = [...state.flags.values()]
        .filter((flag) => matchesQuery(flag, query) && isWanted(flag))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const { items, ...rest } = paginate(found, query, ({ key }) => key)
      return {
        items: items.map((flag) => shownFlag(flag, { scope: principal.scope, now: now() })),
        ...rest,
      }
    },
  )

  app.get(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'getFlag',
        summary: 'Get a flag with its layers',
        tags,
        params: FlagParams,
        response: {
          200: ShownFlag.describe('Flag, with its version as ETag'),
        },
      },
    },
    async ({ params, principal }, reply) => {
      const { state } = projects.get(params.project)
      const flag = findFlag(state, params.flag)
      reply.header('etag', `"${versionOf(state, flagNames(visibleFlag(flag, principal.scope)))}"`)
      return shownFlag(flag, { scope: principal.scope, now: now() })
    },
  )
}

function matchesQuery(
  flag: Flag,
  { archived, kind, owner, tag, search = '' }: FlagsQuery,
): boolean {
  const text = search.toLowerCase()
  return (
    (flag.archivedAt !== undefined) === (archived === 'true') &&
    (kind === undefined || flag.kind === kind) &&
    (owner === undefined || flag.owner === owner) &&
    matchesTags(flag.tags, tag) &&
    (flag.key.toLowerCase().includes(text) || flag.description.toLowerCase().includes(text))
  )
}
