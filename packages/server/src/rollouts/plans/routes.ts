import { LIMITS } from '@flaghoist/core'
import { entityName, plansOf } from '@flaghoist/core/model'
import { type Plan, strict, Wave } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireUnbound } from '../../http/auth.ts'
import { ProjectParams } from '../../http/request-schemas.ts'
import { versionOf } from '../../projects/checks.ts'
import { findEntity } from '../../resources/resource.ts'
import { entityParams } from '../../resources/schemas.ts'
import type { Services } from '../../services.ts'
import { useOfPlan } from './plan-use.ts'
import { plans } from './plans.ts'
import { previewPlan } from './preview-plan.ts'
import { PlanOverview, PlanPreview, PlanUsage } from './schemas.ts'

const tags = [plans.tag]

const PreviewRequest = strict({
  waves: z
    .array(strict({ instances: Wave.shape.instances }))
    .min(1)
    .max(LIMITS.waves)
    .meta({ description: `Waves in order, 1 to ${LIMITS.waves}, with their instances alone` }),
}).meta({
  id: 'PreviewPlanRequest',
  description: 'Waves to preview',
  example: { waves: [{ instances: { tags: { tier: 'pilot' } } }, { instances: { rest: true } }] },
})

/** The plans as people look at them: with their use, and the instances of their waves. */
export const planRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  // A plan can name the instances of several customers.
  app.addHook('preHandler', async ({ principal }) => requireUnbound(principal))

  app.get(
    '/:project/plan-usage',
    {
      schema: {
        operationId: 'listPlanUsage',
        summary: 'List plans with the rollouts that follow them',
        description:
          'A rollout follows the copy of its plan that it started with, so edits and deletions of the plan change no rollout in progress.',
        tags,
        params: ProjectParams,
        response: {
          200: z
            .object({
              items: z.array(PlanUsage).meta({ description: 'Plans, the built-in ones first' }),
            })
            .describe('Plans with their use'),
        },
      },
    },
    async ({ params: { project } }) => {
      const { state } = projects.get(project)
      const found = [...plansOf(state).values()]
      return { items: found.map((plan) => ({ ...plan, ...useOfPlan(state, plan.key) })) }
    },
  )

  app.get(
    '/:project/plans/:key/overview',
    {
      schema: {
        operationId: 'getPlanOverview',
        summary: 'Get a plan with its rollouts and the instances of its waves',
        description:
          'Combines the plan, its version, its use, and the instances that each wave would have now.',
        tags,
        params: entityParams(plans),
        response: { 200: PlanOverview.describe('Overview of the plan') },
      },
    },
    async ({ params: { project, key } }) => {
      const { state } = projects.get(project)
      const plan = findEntity(state, plans, key) as Plan
      return {
        plan,
        version: versionOf(state, [entityName({ kind: plans.kind, key })]),
        usage: useOfPlan(state, key),
        preview: previewPlan(state, plan.waves),
      }
    },
  )

  app.post(
    '/:project/plans/preview',
    {
      schema: {
        operationId: 'previewPlan',
        summary: 'Preview the instances of waves',
        description:
          'Selects the instances that each wave would have if a rollout started now. Nothing is stored.',
        tags,
        params: ProjectParams,
        body: PreviewRequest,
        response: { 200: PlanPreview.describe('Instances of the waves') },
      },
    },
    async ({ params: { project }, body: { waves } }) =>
      previewPlan(projects.get(project).state, waves),
  )
}
