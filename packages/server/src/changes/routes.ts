import { setImmediate as nextTurn } from 'node:timers/promises'
import { entityName, parseLayerKey } from '@flaghoist/core/model'
import { Change, Instant, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { planRevert } from './revert.ts'
import { problem } from '../errors.ts'
import type { Parts } from '../services.ts'
import { problems } from '../http/problem.ts'
import { PageQuery, ProjectParams, page, Reason, RetryHeaders } from '../http/common.ts'
import { visibleChange } from '../projects/visibility.ts'
import { write } from '../http/write.ts'

const tags = ['Changes']
const ChangeParams = ProjectParams.extend({ seq: z.coerce.number().int().min(1) })
const READ_AT_ONCE = 200

const Filter = PageQuery.extend({
  cursor: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: '`next` of the page before' }),
  entity: z
    .string()
    .optional()
    .meta({ description: 'Such as `flag:new-checkout` or `layer:new-checkout@production`' }),
  flag: z.string().optional().meta({ description: 'Changes of a flag or of its layers' }),
  scope: Scope.optional().meta({ description: 'Changes of layers of exactly this scope' }),
  actor: z.string().optional().meta({ description: 'Id or name of the key that made the change' }),
  action: z.string().optional().meta({ description: 'Such as `flag.kill`' }),
  from: Instant.optional().meta({ description: 'At or after' }),
  to: Instant.optional().meta({ description: 'Before' }),
})
type Filter = z.infer<typeof Filter>

/** The log: who changed what, when and why; and back again. */
export const changeRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.get(
    '/:project/changes',
    {
      schema: {
        operationId: 'listChanges',
        summary: 'List changes, the newest first',
        tags,
        params: ProjectParams,
        querystring: Filter,
        response: {
          200: page(Change, 'Changes, the newest first'),
          ...problems(400, 401, 403, 404),
        },
      },
    },
    async ({ params, query, principal }) => {
      const { state } = parts.changes.project(params.project)
      const items: Change[] = []
      const before = Math.min(query.cursor ?? Number.POSITIVE_INFINITY, state.version + 1)
      for await (const change of newestFirst(parts, params.project, before)) {
        const seen = visibleChange(change, principal.scope)
        if (seen === undefined || !matches(seen, query)) continue
        if (items.length === query.limit) return { items, next: String(items.at(-1)!.seq) }
        items.push(seen)
      }
      return { items }
    },
  )

  app.get(
    '/:project/changes/:seq',
    {
      schema: {
        operationId: 'getChange',
        summary: 'Get one change',
        tags,
        params: ChangeParams,
        response: { 200: Change.describe('The change'), ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params, principal }) => {
      const change = await findChange(parts, params)
      return visibleChange(change, principal.scope) ?? noChange(params)
    },
  )

  app.post(
    '/:project/changes/:seq/revert',
    {
      schema: {
        operationId: 'revertChange',
        summary: 'Put back what a change has changed',
        description:
          'As a change of its own. Refused if one of the entities was changed again since.',
        tags,
        params: ChangeParams,
        querystring: z.strictObject({ reason: Reason }),
        headers: RetryHeaders,
        response: {
          200: z.object({ version: z.int(), change: Change.optional() }).describe('Reverted'),
          ...problems(400, 401, 403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const change = await findChange(parts, params)
      const { name: key, scope = '*' } = request.principal
      const seen = visibleChange(change, request.principal.scope) ?? noChange(params)
      // Nothing of the rest is named, not even by what stands in the way.
      if (seen.edits.length < change.edits.length)
        throw problem('SCOPE_FORBIDDEN', { key, scope, entity: `change ${params.seq}` })
      const now = new Date(parts.now()).toISOString()
      return write(parts, request, reply, {
        project: params.project,
        action: 'change.revert',
        reason: query.reason ?? `Reverts change ${params.seq}.`,
        plan: (state) => planRevert(state, change, now),
        answer: ({ version, change: made }) => ({ version, ...(made && { change: made }) }),
      })
    },
  )
}

async function* newestFirst(
  { store }: Parts,
  project: string,
  before: number,
): AsyncGenerator<Change> {
  for (let end = before; end > 1; end = Math.max(1, end - READ_AT_ONCE)) {
    const start = Math.max(1, end - READ_AT_ONCE)
    const changes = await store.read(project, start - 1, end - start)
    yield* [...changes].reverse()
    // A filter may let little through: others have their turn in between.
    await nextTurn()
  }
}

async function findChange(
  { store, changes }: Parts,
  params: { project: string; seq: number },
): Promise<Change> {
  changes.project(params.project)
  const [change] = await store.read(params.project, params.seq - 1, 1)
  return change ?? noChange(params)
}

function noChange({ project, seq }: { project: string; seq: number }): never {
  throw problem('CHANGE_NOT_FOUND', { project, seq })
}

function matches(change: Change, filter: Filter): boolean {
  const { actor, action, from, to } = filter
  return (
    (actor === undefined || change.actor.id === actor || change.actor.name === actor) &&
    (action === undefined || change.action === action) &&
    (from === undefined || Date.parse(change.at) >= Date.parse(from)) &&
    (to === undefined || Date.parse(change.at) < Date.parse(to)) &&
    touches(change, filter)
  )
}

function touches({ edits }: Change, { entity, flag, scope }: Filter): boolean {
  if (entity === undefined && flag === undefined && scope === undefined) return true
  return edits.some((edit) => {
    const layer = edit.kind === 'layer' ? parseLayerKey(edit.key) : undefined
    const flagKey = layer?.flag ?? (edit.kind === 'flag' ? edit.key : undefined)
    return (
      (entity === undefined || entityName(edit) === entity) &&
      (flag === undefined || flagKey === flag) &&
      (scope === undefined || layer?.scope === scope)
    )
  })
}
