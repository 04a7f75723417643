import type { Subscription } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { sendEtag } from '../../http/commit-and-reply.ts'
import { PageQuery, page, paginate } from '../../http/pagination.ts'
import { ProjectParams } from '../../http/request-schemas.ts'
import type { Services } from '../../services.ts'
import { findSubscription, writeOf } from './plan.ts'
import { ShownSubscription, SubscriptionParams } from './schemas.ts'

const tags = ['Subscriptions']

export const subscriptionReadRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.get(
    '/:project/subscriptions',
    {
      schema: {
        operationId: 'listSubscriptions',
        summary: 'List subscriptions',
        description:
          'A subscription sends notices of rollouts and kills to Slack, Microsoft Teams, Mattermost or a webhook.',
        tags,
        params: ProjectParams,
        querystring: PageQuery,
        response: { 200: page(ShownSubscription, 'Subscriptions in order of their keys') },
      },
    },
    async ({ params, query }) => {
      const { state } = projects.get(params.project)
      const found = [...state.subscriptions.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
      return paginate(found.map(shown), query, ({ key }) => key)
    },
  )

  app.get(
    '/:project/subscriptions/:key',
    {
      schema: {
        operationId: 'getSubscription',
        summary: 'Get a subscription',
        tags,
        params: SubscriptionParams,
        response: { 200: ShownSubscription.describe('The subscription, with its version as ETag') },
      },
    },
    async ({ params }, reply) => {
      const { state } = projects.get(params.project)
      const subscription = findSubscription(state, params.key)
      sendEtag(reply, { ...writeOf(params, 'update'), plan: () => [] }, state)
      return shown(subscription)
    },
  )
}

/** A subscription without its secrets. */
export function shown({ sealed: _, ...rest }: Subscription): z.infer<typeof ShownSubscription> {
  return rest
}
