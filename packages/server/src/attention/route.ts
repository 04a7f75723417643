import type { ProjectState } from '@flaghoist/core/model'
import { type LoggedEdit, SEVERITIES } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { newestFirst } from '../changes/history.ts'
import { isOverdue } from '../flags/shown-flag.ts'
import { isHeldBody } from '../http/body-etag.ts'
import type { Principal } from '../http/principal.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import { makeMatrix } from '../matrix/make-matrix.ts'
import { readFlagQuery } from '../matrix/read-query.ts'
import { authorName } from '../projects/author-name.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleChange } from '../projects/visibility.ts'
import { changeText } from '../reports/change-text.ts'
import type { Services } from '../services.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { killItems } from './kill-items.ts'
import { type AttentionView, rolloutItems } from './rollout-items.ts'
import { Attention, type AttentionItem, AttentionQuery, MATRIX_FLAGS } from './schemas.ts'
import { unexplainedDrift } from './unexplained-drift.ts'
import { createWatchedReader } from './watched-rollouts.ts'

/** Changes in which the last one that a key may see is looked for. */
const MAX_LOOKED_THROUGH = 200

/** The situations of a project that need a person. */
export const attentionRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, stores, now } = services
  const readWatched = createWatchedReader(services)
  const matrixOf = async (project: LiveProject, asked: { query: string; principal: Principal }) => {
    const read = await readFlagQuery(stores, project, { ...asked, now: now() })
    const page = { limit: MATRIX_FLAGS }
    return makeMatrix(stores.log, project, { ...read, bound: asked.principal.scope, page })
  }
  app.get(
    '/:project/attention',
    {
      schema: {
        operationId: 'getAttention',
        summary: 'List the situations that need a person',
        description:
          'Rolled-back, held and quarantined scopes of rollouts, kills in force, pauses and closed times, each with its next step. Counts unexplained differences, and says whether the rollouts in progress are safe to stop watching. With a query, also the states of the flags that match it. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Reports'],
        params: ProjectParams,
        querystring: AttentionQuery,
        headers: ConditionalHeaders,
        response: {
          200: Attention.describe('Situations, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, query: { query }, headers, principal }, reply) => {
      const bound = principal.scope
      const project = projects.get(params.project)
      const { state } = project
      const view = { bound, now: now() }
      const { watching, items: atGates } = await readWatched(project, bound)
      const drift = await unexplainedDrift(state, view)
      const found = [...rolloutItems(state, view), ...atGates, ...killItems(state, view)]
      const items = found.sort(byUrgency)
      const attention: Attention = {
        version: state.version,
        flags: flagsInUse(state),
        items,
        counts: { ...countsOf(items), overdue: overdueFlags(state, view) },
        ...(drift && { drift }),
        watching,
        ...(await lastChange(stores.log, project, bound)),
        ...(query !== undefined && { matrix: await matrixOf(project, { query, principal }) }),
      }
      if (await isHeldBody(attention, headers, reply)) return reply.code(304).send(null)
      return attention
    },
  )
}

function byUrgency(a: AttentionItem, b: AttentionItem): number {
  const rank = ({ severity }: AttentionItem) => SEVERITIES.indexOf(severity)
  return rank(b) - rank(a) || (a.since < b.since ? 1 : -1)
}

function countsOf(items: readonly AttentionItem[]): Omit<Attention['counts'], 'overdue'> {
  const sizeOf = (kind: AttentionItem['kind'], member: 'scopes' | 'flags') =>
    items.filter((item) => item.kind === kind).flatMap((item) => item[member])
  return {
    rolledBack: sizeOf('rolled-back', 'scopes').length,
    held: sizeOf('held', 'scopes').length,
    quarantined: sizeOf('quarantined', 'scopes').length,
    killed: new Set(sizeOf('killed', 'flags')).size,
  }
}

function flagsInUse({ flags }: ProjectState): number {
  return [...flags.values()].filter(({ archivedAt }) => archivedAt === undefined).length
}

function overdueFlags({ flags }: ProjectState, { now }: AttentionView): number {
  return [...flags.values()].filter((flag) => isOverdue(flag, now)).length
}

async function lastChange(
  log: ChangeLog,
  { key, state }: LiveProject,
  bound: string | undefined,
): Promise<Pick<Attention, 'last'>> {
  let looked = 0
  for await (const change of newestFirst(log, { project: key, seq: state.version + 1 })) {
    const seen = visibleChange(state, change, bound)
    if (seen !== undefined) {
      const { seq, at, actor } = change
      // Only the members that both forms of an edit have are read.
      const text = changeText({ ...change, reason: seen.reason }, seen.edits as LoggedEdit[])
      return { last: { version: seq, at, actor: authorName(actor), text } }
    }
    looked += 1
    if (looked === MAX_LOOKED_THROUGH) break
  }
  return {}
}
