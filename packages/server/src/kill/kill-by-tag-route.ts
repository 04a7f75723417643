import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { emergencyOptions, killOptions } from './options.ts'
import { killByTag } from './plan.ts'
import type { RawBody } from './raw-body.ts'
import { readSelection } from './read-kill.ts'
import { killOf, receiptByTag } from './receipt.ts'
import { KillByTagReceipt, KillByTagRequest } from './schemas.ts'
import { unknownEnvironments } from './select.ts'

export const killByTagRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
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
        response: { 200: KillByTagReceipt, ...problems(400, 413, 422) },
      },
    },
    async (request, reply) => {
      const { params, principal, query } = request
      const { selector, reason, warnings } = readSelection(
        request.body as unknown as RawBody | undefined,
        query,
      )
      const target = { project: params.project, selector }
      const write = killByTag(target, killOf(principal, reason, now()), principal.scope)
      return commitAndReply(projects, { request, reply }, write, {
        ignoresReceipts: true,
        body: (outcome) =>
          receiptByTag(params.project, outcome, {
            warnings,
            errors: unknownEnvironments(outcome.state, selector.environments, principal.scope),
          }),
      })
    },
  )
}
