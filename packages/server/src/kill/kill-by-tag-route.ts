import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { killAndReply } from './kill-and-reply.ts'
import { emergencyOptions, killOptions } from './options.ts'
import type { RawBody } from './raw-body.ts'
import { readSelection } from './read-kill.ts'
import { killedByTag } from './receipt.ts'
import { KillByTagReceipt, KillByTagRequest, LocalKillByTagReceipt } from './schemas.ts'
import { unknownEnvironments } from './select.ts'

export const killByTagRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.post(
    '/:project/kill',
    {
      ...emergencyOptions,
      schema: {
        operationId: 'killByTag',
        summary: 'Kill flags by tag',
        description:
          'For an emergency in which the failing flag is unknown. Kills the flags and the instances that have the tags now. Skips archived and permanent flags. The body must select the flags; nothing else in the request is refused for its form.',
        tags: killOptions.tags,
        params: ProjectParams,
        querystring: ReasonQuery,
        body: KillByTagRequest,
        response: {
          200: KillByTagReceipt,
          202: LocalKillByTagReceipt,
          ...problems(400, 413, 422),
        },
      },
    },
    async (request, reply) => {
      const { params, principal, query } = request
      const { selector, ...read } = readSelection(
        request.body as unknown as RawBody | undefined,
        query,
      )
      return killAndReply(
        services,
        { request, reply },
        {
          project: params.project,
          target: { selector },
          ...read,
          effectOf: killedByTag,
          errorsIn: (state) => unknownEnvironments(state, selector.environments, principal.scope),
        },
      )
    },
  )
}
