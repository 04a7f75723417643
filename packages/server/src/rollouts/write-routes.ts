import { isWithin, type ProjectState } from '@flaghoist/core/model'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { readRisk } from '../flags/risk/read-risk.ts'
import { requireUnbound } from '../http/auth.ts'
import { commitAndReply, type Exchange, previewOf } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { DryRunQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import { authorName } from '../projects/author-name.ts'
import type { Write } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { ACTIONS, type RolloutAction } from './action-names.ts'
import { writeOfAction } from './action-writes.ts'
import type { ActionOrigin } from './actions.ts'
import { effectText } from './effect-text.ts'
import { findRollout, type RolloutTarget, runsOf } from './find-rollout.ts'
import { readForecast } from './forecast/read-forecast.ts'
import { plannedRollout } from './planned-rollout.ts'
import { abortRollout } from './rollout-actions.ts'
import { shownRollout } from './rollout-view.ts'
import {
  AbortRequest,
  ActedRollout,
  ActionRequest,
  RolloutInput,
  RolloutParams,
  ShownRollout,
} from './schemas.ts'
import { describeRollout, startRollout } from './start-rollout.ts'

const tags = ['Rollouts']

/** The start of a rollout. */
export const rolloutStartRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, rollouts, now } = services
  app.post(
    '/:project/rollouts',
    {
      schema: {
        operationId: 'startRollout',
        summary: 'Start a rollout',
        description:
          'The server then walks its waves by itself: it advances healthy instances, and rolls back those that regress. With `dryRun` the answer shows the waves, their instances, and the earliest time and the users of each step.',
        tags,
        params: ProjectParams,
        querystring: DryRunQuery,
        headers: WriteHeaders,
        body: RolloutInput,
        response: {
          200: ShownRollout.describe('Rollout as it would start'),
          201: ShownRollout.describe('Rollout started'),
          ...problems(409, 422, 428),
        },
      },
      // Its errors name plans, environments and other rollouts.
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async (request, reply) => {
      const { params, query, body, principal } = request
      const origin = { by: authorName(principal), at: new Date(now()).toISOString() }
      const planned = describeRollout(projects.get(params.project).state, body, origin)
      const write = startRollout(params.project, { ...body, key: planned.key }, origin)
      if (query.dryRun) {
        const { state } = await previewOf(projects, { request, reply }, write)
        return plannedRollout(services, { project: params.project, key: planned.key, state })
      }
      const input = await rollouts.inputOf(projects.get(params.project), planned)
      return commitAndReply(projects, { request, reply }, write, {
        status: 201,
        location: `/api/v1/projects/${params.project}/rollouts/${planned.key}`,
        body: ({ state }) => shownRollout(state, findRollout(state, planned.key), input, undefined),
      })
    },
  )
}

/** The actions of people on rollouts and their runs. */
export const rolloutActionRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  for (const [name, texts] of Object.entries(ACTIONS))
    app.post(
      `/:project/rollouts/:rollout/${name}`,
      { schema: { ...actionSchema(name, texts), body: ActionRequest.optional() } },
      async (request, reply) => {
        const write = writeOfAction(
          targetOf(request.params),
          name as RolloutAction,
          request.body ?? {},
          originOf(request, services),
        )
        return answer(services, { request, reply }, write)
      },
    )

  app.post(
    '/:project/rollouts/:rollout/abort',
    {
      schema: {
        ...actionSchema('abort', ABORT),
        body: AbortRequest,
      },
    },
    async (request, reply) => {
      const origin = originOf(request, services)
      const write = abortRollout(targetOf(request.params), request.body.leave, origin)
      return answer(services, { request, reply }, write)
    },
  )
}

const ABORT = {
  summary: 'Abort a rollout',
  description: 'Ends it before its time. Its scopes stay unchanged or are restored.',
}

function actionSchema(
  name: string,
  { summary, description }: { readonly summary: string; readonly description: string },
) {
  return {
    operationId: `${name}Rollout`,
    summary,
    description: `${description} Repeating it changes nothing. With \`dryRun\`, the response shows the effect. Its ETag can be sent as \`If-Match\` of the write; a preview that is refused with 428 has it too.`,
    tags,
    params: RolloutParams,
    querystring: DryRunQuery,
    headers: WriteHeaders,
    response: {
      200: ActedRollout.describe('Rollout and its runs afterwards'),
      ...problems(409, 422, 428),
    },
  }
}

function targetOf({ project, rollout }: z.infer<typeof RolloutParams>): RolloutTarget {
  return { project, key: rollout }
}

function originOf({ principal, query }: FastifyRequest, { now }: Services): ActionOrigin {
  const { reason: because } = query as z.infer<typeof DryRunQuery>
  const by = authorName(principal)
  return { by, at: new Date(now()).toISOString(), bound: principal.scope, because }
}

/** Commits an action, or previews it, and sends the rollout with its runs afterwards. */
async function answer(
  services: Services,
  { request, reply }: Exchange,
  write: Write,
): Promise<FastifyReply> {
  const { rollout: key } = request.params as z.infer<typeof RolloutParams>
  const { dryRun } = request.query as z.infer<typeof DryRunQuery>
  const body = ({ state }: { readonly state: ProjectState }) => ({
    status: findRollout(state, key).status,
    runs: runsWithin(state, key, request),
  })
  if (!dryRun) return commitAndReply(services.projects, { request, reply }, write, { body })
  const { before, state } = await previewOf(services.projects, { request, reply }, write)
  const preview = await previewTexts(services, { request, write, before, state })
  return reply.send({ ...body({ state }), ...preview })
}

function runsWithin(state: ProjectState, key: string, { principal }: FastifyRequest) {
  return runsOf(state, key).filter(({ scope }) => isWithin(scope, principal.scope))
}

interface Previewed {
  readonly request: FastifyRequest
  readonly write: Write
  readonly before: ProjectState
  readonly state: ProjectState
}

/** Describes what an action would do: in words, by the users that it moves, and by its times. */
async function previewTexts(
  { projects, rollouts, stores, now }: Services,
  { request, write, before, state }: Previewed,
) {
  const { project, rollout: key } = request.params as z.infer<typeof RolloutParams>
  const live = projects.get(project)
  const rollout = findRollout(state, key)
  const runs = { before: runsWithin(before, key, request), after: runsWithin(state, key, request) }
  const isSame = findRollout(before, key).status === rollout.status
  const text = effectText({ rollout, ...runs }) ?? (isSame ? NO_EFFECT : descriptionOf(write))
  const bound = request.principal.scope
  const change = { project: live, before, flag: rollout.flag, after: state, bound }
  const risk = await readRisk({ stores, now }, change)
  // The forecast names the scopes of all instances.
  if (bound !== undefined) return { text, risk }
  const input = await rollouts.inputOf(live, rollout)
  const forecast = await readForecast(stores.events, { project, state, rollout, input })
  return { text, risk, ...(forecast && { forecast }) }
}

const NO_EFFECT = 'Nothing changes: no run can do this now.'

/** The description of an action on the rollout itself. */
function descriptionOf({ action }: Write): string {
  const name = action.slice('rollout.'.length)
  return name in ACTIONS ? ACTIONS[name as RolloutAction].description : ABORT.description
}
