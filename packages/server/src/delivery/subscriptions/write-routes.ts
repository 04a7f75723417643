import { Key } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../../errors.ts'
import { commitAndReply } from '../../http/commit-and-reply.ts'
import { problems } from '../../http/problem.ts'
import { ReasonQuery } from '../../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../../http/request-schemas.ts'
import type { Outcome } from '../../projects/projects.ts'
import type { Services } from '../../services.ts'
import {
  createSubscription,
  deleteSubscription,
  findSubscription,
  updateSubscription,
} from './plan.ts'
import { shown } from './read-routes.ts'
import {
  SubscriptionInput,
  SubscriptionParams,
  SubscriptionPatch,
  SubscriptionWithSecret,
} from './schemas.ts'
import { createSigningSecret, requirePublicUrl } from './sealed-receiver.ts'

const NOTE = 'Only the first response shows the secret.'

export const subscriptionWriteRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, vault, isTrustedHost } },
) => {
  const failures = problems(409, 422)
  const common = { tags: ['Subscriptions'], querystring: ReasonQuery, headers: WriteHeaders }
  /** The bodies of the first response and of a retry. */
  const bodiesOf = (key: string, secret: string | undefined) => {
    const found = ({ state }: Outcome) => shown(findSubscription(state, key))
    return secret === undefined
      ? { body: found }
      : {
          body: (outcome: Outcome) => ({ ...found(outcome), secret }),
          replayBody: (outcome: Outcome) => ({ ...found(outcome), note: NOTE }),
        }
  }

  app.post(
    '/:project/subscriptions',
    {
      schema: {
        ...common,
        operationId: 'createSubscription',
        summary: 'Create a subscription',
        description:
          'The response for a webhook shows its signing secret once. All events are sent by default.',
        params: ProjectParams,
        body: SubscriptionInput,
        response: { 201: SubscriptionWithSecret.describe('Subscription created'), ...failures },
      },
    },
    async (request, reply) => {
      const { body, params } = request
      requirePublicUrl(body.url, isTrustedHost)
      const secret = body.channel === 'webhook' ? createSigningSecret() : undefined
      const write = createSubscription(params.project, body, { vault, secret })
      return commitAndReply(projects, { request, reply }, write, {
        status: 201,
        location: `/api/v1/projects/${params.project}/subscriptions/${body.key}`,
        ...bodiesOf(body.key, secret),
      })
    },
  )

  app.patch(
    '/:project/subscriptions/:key',
    {
      schema: {
        ...common,
        operationId: 'updateSubscription',
        summary: 'Update a subscription',
        description: 'An absent member stays. The channel cannot change.',
        params: SubscriptionParams,
        body: SubscriptionPatch,
        response: { 200: SubscriptionWithSecret.describe('Subscription updated'), ...failures },
      },
    },
    async (request, reply) => {
      const { body, params } = request
      if (body.url !== undefined) requirePublicUrl(body.url, isTrustedHost)
      const { channel } = findSubscription(projects.get(params.project).state, params.key)
      if (body.rotateSecret && channel !== 'webhook')
        throw problem('REQUEST_INVALID', { problem: 'Only webhooks have a signing secret.' })
      const secret = body.rotateSecret ? createSigningSecret() : undefined
      const write = updateSubscription(params, body, { vault, secret })
      return commitAndReply(projects, { request, reply }, write, bodiesOf(params.key, secret))
    },
  )

  app.delete(
    '/:project/subscriptions/:key',
    {
      schema: {
        ...common,
        operationId: 'deleteSubscription',
        summary: 'Delete a subscription',
        description: 'Pending messages are not sent.',
        params: SubscriptionParams,
        response: {
          200: z
            .object({
              deleted: Key.meta({ description: 'Key of the subscription', example: 'ops' }),
            })
            .describe('Subscription deleted'),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { params } = request
      return commitAndReply(projects, { request, reply }, deleteSubscription(params), {
        body: () => ({ deleted: params.key }),
      })
    },
  )
}
