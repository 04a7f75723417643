import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { FlagParams } from '../flags/flag-params.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import type { Services } from '../services.ts'
import { killAndReply } from './kill-and-reply.ts'
import { emergencyOptions, killOptions } from './options.ts'
import { scopesToKill } from './plan.ts'
import type { RawBody } from './raw-body.ts'
import { readKill } from './read-kill.ts'
import { changedBy } from './receipt.ts'
import { KillReceipt, KillRequest, LocalKillReceipt } from './schemas.ts'

export const killRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
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
        response: { 200: KillReceipt, 202: LocalKillReceipt, ...problems(422) },
      },
    },
    async (request, reply) => {
      const { params, principal, query } = request
      const { project, flag } = params
      const { scopes, ...read } = readKill(request.body as RawBody | undefined, query)
      return killAndReply(
        services,
        { request, reply },
        {
          project,
          target: { flag, scopes },
          ...read,
          effectOf: changedBy,
          errorsIn: (state) => scopesToKill(state, scopes, principal).errors,
        },
      )
    },
  )
}
