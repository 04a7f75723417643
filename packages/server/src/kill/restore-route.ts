import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { FlagParams } from '../flags/flag-params.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import { RetryHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { killOptions } from './options.ts'
import { restoreFlag } from './plan.ts'
import { receiptOf } from './receipt.ts'
import { KillReceipt, RestoreRequest } from './schemas.ts'

export const restoreRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.post(
    '/:project/flags/:flag/restore',
    {
      config: killOptions.config,
      schema: {
        operationId: 'restoreFlag',
        summary: 'Restore a killed flag',
        description:
          'Removes its kills, so that the flag serves its configuration again. Fails with 404 if a scope does not exist, and with 409 if the kill of a wider scope still applies.',
        tags: killOptions.tags,
        params: FlagParams,
        querystring: ReasonQuery,
        headers: RetryHeaders,
        body: RestoreRequest,
        response: { 200: KillReceipt, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const { params, principal } = request
      const { scopes, reason } = request.body ?? {}
      const write = restoreFlag({ ...params, scopes }, reason, principal.scope)
      return commitAndReply(projects, { request, reply }, write, {
        body: (outcome) => receiptOf(params.project, outcome),
      })
    },
  )
}
