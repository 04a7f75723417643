import { EVERYWHERE, parseLayerKey } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { FlagParams } from '../flags/flag-params.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import type { Principal } from '../http/principal.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams, RetryHeaders } from '../http/request-schemas.ts'
import type { Outcome } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { killByTag, killFlag, restoreFlag } from './plan.ts'
import { KillByTagRequest, KillReceipt, KillRequest, RestoreRequest } from './schemas.ts'

const tags = ['Kill switch']
// The kill switch never waits for a rate limit.
const config = { rateLimit: false } as const

/** The kill switch: one idempotent call, ahead of every policy. */
export const killRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  const killOf = ({ name: by }: Principal, reason: string): Kill => ({
    at: new Date(now()).toISOString(),
    by,
    reason,
  })

  app.post(
    '/:project/flags/:flag/kill',
    {
      config,
      schema: {
        operationId: 'killFlag',
        summary: 'Kill a flag',
        description:
          'The flag serves its off variant at once. Killing a killed flag returns the same response.',
        tags,
        params: FlagParams,
        body: KillRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 422, 503) },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const { scopes = [principal.scope ?? EVERYWHERE], reason } = body
      const write = killFlag({ ...params, scopes }, killOf(principal, reason))
      return commitAndReply(projects, { request, reply }, write, {
        ignoresReceipts: true,
        body: (outcome) => receiptOf(params.project, outcome),
      })
    },
  )

  app.post(
    '/:project/flags/:flag/restore',
    {
      config,
      schema: {
        operationId: 'restoreFlag',
        summary: 'Restore a killed flag',
        description: 'Removes its kills, so that the flag serves its configuration again.',
        tags,
        params: FlagParams,
        headers: RetryHeaders,
        body: RestoreRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const write = restoreFlag({ ...params, ...body }, body.reason, principal.scope)
      return commitAndReply(projects, { request, reply }, write, {
        body: (outcome) => receiptOf(params.project, outcome),
      })
    },
  )

  app.post(
    '/:project/kill',
    {
      config,
      schema: {
        operationId: 'killByTag',
        summary: 'Kill flags by tag',
        description:
          'For an emergency in which the failing flag is unknown. Skips archived and permanent flags.',
        tags,
        params: ProjectParams,
        body: KillByTagRequest,
        response: { 200: KillReceipt, ...problems(400, 401, 403, 404, 422, 503) },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const { reason, ...selector } = request.body
      const { principal } = request
      const write = killByTag({ project, selector }, killOf(principal, reason), principal.scope)
      return commitAndReply(projects, { request, reply }, write, {
        ignoresReceipts: true,
        body: (outcome) => receiptOf(project, outcome),
      })
    },
  )
}

function receiptOf(project: string, { version, change }: Outcome): KillReceipt {
  const changed = (change?.edits ?? []).map(({ key }) => parseLayerKey(key))
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  return { version, changed, propagation }
}
