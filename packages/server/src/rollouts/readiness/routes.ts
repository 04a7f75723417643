import { BUCKETS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Incident } from '../../changes/incidents.ts'
import { FlagParams } from '../../flags/flag-params.ts'
import { RISK_DAYS, riskOf } from '../../flags/risk/risk.ts'
import type { Risk } from '../../flags/risk/schemas.ts'
import { requireUnbound } from '../../http/auth.ts'
import { problems } from '../../http/problem.ts'
import type { Services } from '../../services.ts'
import { DAY_MS } from '../../time.ts'
import type { ReadinessFacts } from './facts.ts'
import { readFacts } from './read-facts.ts'
import { readinessOf } from './readiness.ts'
import { Readiness, ReadinessQuery } from './schemas.ts'

/** The checklist before the start of a rollout. */
export const readinessRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.get(
    '/:project/flags/:flag/readiness',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Check the readiness of a flag for a rollout',
        description:
          'Returns a checklist with a fix for each item that is not met, and facts about the risk.',
        tags: ['Rollouts'],
        params: FlagParams,
        querystring: ReadinessQuery,
        response: { 200: Readiness, ...problems(422) },
      },
      // The checklist names every instance.
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async ({ params, query }) => {
      const project = services.projects.get(params.project)
      const facts = await readFacts(services, project, { ...query, flag: params.flag })
      const items = [...readinessOf(facts)]
      const total = (of: 'units' | 'evaluations') =>
        facts.scopes.reduce((sum, scope) => sum + scope[of], 0)
      return {
        flag: params.flag,
        environment: query.environment,
        isReady: items.every(({ isMet }) => isMet),
        items,
        risk: {
          ...riskOfRollout(facts, services.now()),
          units: total('units'),
          evaluations: total('evaluations'),
          scopes: facts.scopes.map(({ scope, units, evaluations }) => ({
            scope,
            units,
            evaluations,
          })),
          dependants: [...facts.dependants],
          incidents: [...facts.incidents],
        },
      }
    },
  )
}

/** The risk of a rollout to all users of all scopes. */
function riskOfRollout(facts: ReadinessFacts, now: number): Risk {
  const { flag, environment, isProtected, scopes, dependants, incidents } = facts
  const isRecent = ({ at }: Incident) => now - Date.parse(at) < RISK_DAYS * DAY_MS
  return riskOf({
    flag: flag.key,
    scopes: scopes.map(({ scope, units, closed }) => ({
      scope,
      movedBuckets: BUCKETS,
      users: units,
      closed: closed?.text,
    })),
    dependants,
    incidents: incidents.filter(isRecent),
    protectedEnvironments: isProtected ? [environment] : [],
  })
}
