import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { FlagParams } from '../flags/flag-params.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import type { Services } from '../services.ts'
import { emergencyOptions, killOptions } from './options.ts'
import { killFlag, scopesToKill } from './plan.ts'
import type { RawBody } from './raw-body.ts'
import { readKill } from './read-kill.ts'
import { killOf, receiptOf } from './receipt.ts'
import { KillReceipt, KillRequest } from './schemas.ts'

export const killRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  app.post(
    '/:project/flags/:flag/kill',
    {
      ...emergencyOptions,
      schema: {
        operationId: 'killFlag',
        summary: 'Kill a flag',
        description:
          'The flag serves its off variant at once, or without one the fallback of the caller. A body is optional, and no kill is refused for its form: `warnings` names the parts of the request that could not be used. Killing a killed flag returns the same response.',
        tags: killOptions.tags,
        params: FlagParams,
        querystring: ReasonQuery,
        body: KillRequest,
        response: { 200: KillReceipt, ...problems(422) },
      },
    },
    async (request, reply) => {
      const { params, principal, query } = request
      const { scopes, reason, warnings } = readKill(request.body as RawBody | undefined, query)
      const write = killFlag({ ...params, scopes }, killOf(principal, reason, now()), principal)
      return commitAndReply(projects, { request, reply }, write, {
        ignoresReceipts: true,
        body: (outcome) =>
          receiptOf(params.project, outcome, {
            warnings,
            errors: scopesToKill(outcome.state, scopes, principal).errors,
          }),
      })
    },
  )
}
