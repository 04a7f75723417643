import { BUILT_IN_METRICS, metricsOf, type ProjectState, plansOf } from '@flaghoist/core/model'
import { Instant, Key, Metric, type Plan } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'
import { isVisibleEntity } from '../projects/visibility.ts'
import { Origin, originOf } from '../resources/origin.ts'
import type { Services } from '../services.ts'
import { lastOutcomes, REACH_HOURS } from './last-outcomes.ts'

const MetricUsage = Metric.extend({
  origin: Origin,
  plans: z.array(Key).meta({
    description: 'Plans that judge rollouts by the metric, by name or by default',
    example: ['standard'],
  }),
  rollouts: z.array(Key).meta({
    description: 'Rollouts in progress that the metric judges',
    example: ['new-checkout-2026-11'],
  }),
  lastOutcomeAt: Instant.optional().meta({
    description: `Start of the hour of the last outcome; absent for none in ${REACH_HOURS} hours`,
  }),
}).meta({
  id: 'MetricUsage',
  description: 'Metric, the rollouts that it judges, and its last outcome',
})

/** The metrics as a list shows them: with their use. */
export const metricUsageRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/metric-usage',
    {
      schema: {
        operationId: 'listMetricUsage',
        summary: 'List metrics with their plans, rollouts and last outcomes',
        description: 'Shows whether outcomes arrive, and which rollouts depend on them.',
        tags: ['Metrics'],
        params: ProjectParams,
        response: {
          200: z
            .object({
              items: z.array(MetricUsage).meta({ description: 'Metrics, the built-in ones first' }),
            })
            .describe('Metrics with their use'),
        },
      },
    },
    async ({ params: { project }, principal: { scope } }) => {
      const { state } = projects.get(project)
      const last = await lastOutcomes(stores.events, { project, within: scope }, now())
      const items = [...metricsOf(state).values()].map((metric) => {
        const at = last.get(metric.key)
        return {
          ...metric,
          ...useOf(state, metric, scope),
          ...(at !== undefined && { lastOutcomeAt: new Date(at).toISOString() }),
        }
      })
      return { items }
    },
  )
}

function useOf(state: ProjectState, metric: Metric, bound: string | undefined) {
  const { key } = metric
  const judged = (plan: Pick<Plan, 'metrics'>) => isJudgedBy(plan, metric)
  const plans = [...plansOf(state).values()].filter(judged)
  const rollouts = [...state.rollouts.values()].filter(
    ({ endedAt, plan }) => endedAt === undefined && judged(plan),
  )
  const seen = (kind: 'plan' | 'rollout', found: readonly { readonly key: string }[]) =>
    found.map((one) => one.key).filter((one) => isVisibleEntity(state, { kind, key: one }, bound))
  return {
    origin: originOf(key, { builtIn: BUILT_IN_METRICS, stored: state.metrics }),
    plans: seen('plan', plans),
    rollouts: seen('rollout', rollouts),
  }
}

/** Checks that a plan judges by a metric. Without a list it judges by all but the shown ones. */
function isJudgedBy({ metrics }: Pick<Plan, 'metrics'>, { key, role }: Metric): boolean {
  return metrics?.includes(key) ?? role !== 'shown'
}
