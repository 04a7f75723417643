import { Freeze } from '@flaghoist/core/schema'
import type { Resource } from '../resources/resource.ts'

/** Freezes: times at which ordinary changes are refused. */
export const freezes: Resource = {
  kind: 'freeze',
  plural: 'freezes',
  article: 'a freeze',
  tag: 'Freezes',
  description:
    'While a freeze is in force, changes to how flags are served in its scopes are refused, and rollouts wait. Kills, restores and rollbacks pass.',
  schema: Freeze,
  examples: {
    create: {
      key: 'weekend',
      name: 'Weekend',
      environments: ['production'],
      window: { weekly: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' } },
      zone: 'Europe/Zurich',
    },
    update: { instances: { tags: { tier: 'enterprise' } } },
  },
  entities: ({ freezes }) => freezes,
  defaults: (key) => ({ name: key, zone: 'instance' }),
}
