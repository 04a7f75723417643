import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problems } from '../../http/problem.ts'
import type { Services } from '../../services.ts'
import type { Delivery } from '../../stores/outbox.ts'
import type { Notice } from '../notices/notice.ts'
import { findSubscription } from './plan.ts'
import {
  DeliveryParams,
  DeliveryQuery,
  ShownDelivery,
  SubscriptionParams,
  TestedSubscription,
} from './schemas.ts'

const tags = ['Subscriptions']
/** Housekeeping keeps as many settled deliveries of a subscription. */
const MAX_LISTED = 1_000

/** The test of a subscription, and its deliveries. */
export const deliveryRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, notifier } },
) => {
  const find = ({ project, key }: { readonly project: string; readonly key: string }) =>
    findSubscription(projects.get(project).state, key)

  app.post(
    '/:project/subscriptions/:key/test',
    {
      schema: {
        operationId: 'testSubscription',
        summary: 'Send a test message',
        description: 'Waits for the receiver, 10 s at most. Also tests a disabled subscription.',
        tags,
        params: SubscriptionParams,
        response: { 200: TestedSubscription },
      },
    },
    async ({ params }) => notifier.test(params.project, find(params)),
  )

  app.get(
    '/:project/subscriptions/:key/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'List the deliveries to a subscription',
        description: 'Newest first. Those of the last 30 days are kept, 1,000 at most.',
        tags,
        params: SubscriptionParams,
        querystring: DeliveryQuery,
        response: {
          200: z
            .object({ items: z.array(ShownDelivery).meta({ description: 'Deliveries' }) })
            .describe('Deliveries, newest first'),
        },
      },
    },
    async ({ params, query }) => {
      const { key } = find(params)
      const latest = await stores.outbox.latest(params.project, key, MAX_LISTED)
      const found = latest.filter(({ state }) => query.state === undefined || state === query.state)
      return { items: found.slice(0, query.limit).map(shown) }
    },
  )

  app.post(
    '/:project/subscriptions/:key/deliveries/:delivery/retry',
    {
      schema: {
        operationId: 'retryDelivery',
        summary: 'Send a failed delivery again',
        description: 'Sends it under the same id, with a new series of attempts.',
        tags,
        params: DeliveryParams,
        response: {
          200: z
            .object({ retried: z.string().meta({ description: 'Id of the delivery' }) })
            .describe('Delivery scheduled'),
          ...problems(409),
        },
      },
    },
    async ({ params: { project, key, delivery } }) => {
      find({ project, key })
      await notifier.retry(project, key, delivery)
      return { retried: delivery }
    },
  )
}

function shown(delivery: Delivery): z.infer<typeof ShownDelivery> {
  const { id, seq, state, attempts, dueAt, attemptedAt, status, error } = delivery
  const { event, severity, at, what } = JSON.parse(delivery.notice) as Notice
  return {
    ...{ id, event, severity, change: seq, at, what, state, attempts, status, error },
    ...(attemptedAt !== undefined && { attemptedAt: new Date(attemptedAt).toISOString() }),
    ...(state === 'pending' && { dueAt: new Date(dueAt).toISOString() }),
  }
}
