import { plansOf } from '@flaghoist/core/model'
import { Plan } from '@flaghoist/core/schema'
import type { Resource } from '../../resources/resource.ts'

/** Plans: templates of rollouts. */
export const plans: Resource = {
  kind: 'plan',
  plural: 'plans',
  article: 'a plan',
  tag: 'Plans',
  description:
    'A plan is a template of a rollout over waves of instances. `cautious`, `standard` and `fast` exist in every project: change them with PATCH.',
  schema: Plan,
  examples: {
    create: {
      key: 'pilots-first',
      name: 'Pilots first',
      waves: [
        {
          name: 'Pilots',
          instances: { tags: { tier: 'pilot' } },
          steps: [{ audience: { share: 10 }, minMinutes: 10, minUnits: 500, gate: 'healthy' }],
        },
        {
          name: 'All others',
          instances: { rest: true },
          steps: [{ audience: { share: 50 }, minMinutes: 30, minUnits: 500, gate: 'healthy' }],
        },
      ],
    },
    update: { failBudget: 0 },
  },
  entities: plansOf,
  defaults: (key) => ({
    name: key,
    waves: [],
    onRegression: 'rollback',
    failBudget: 1,
    holdback: { percent: 5, hours: 24 },
  }),
}
