import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Key, Name } from './keys.ts'
import { Selector } from './plan.ts'
import { strict } from './strict.ts'
import { Window } from './window.ts'

/** Times at which ordinary changes to some scopes are refused. */
export const Freeze = strict({
  key: Key.meta({ description: 'Key of the freeze', example: 'weekend' }),
  name: Name.meta({ example: 'Weekend' }),
  environments: z
    .array(Key)
    .min(1)
    .max(LIMITS.environments)
    .optional()
    .meta({ description: 'Keys of the environments; by default all', example: ['production'] }),
  instances: Selector.pick({ keys: true, tags: true })
    .optional()
    .meta({
      description:
        'Instances; by default all scopes of the environments, also that of the environment itself',
      example: { tags: { tier: 'enterprise' } },
    }),
  window: Window.meta({
    description: 'Local times at which the freeze applies',
    example: { weekly: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' } },
  }),
  zone: z.string().min(1).max(64).meta({
    description:
      "Time zone of the window: a name of the IANA database, or `instance` for each instance's own (UTC for an environment)",
    example: 'Europe/Zurich',
  }),
}).meta({
  id: 'Freeze',
  description: 'Times at which ordinary changes to some scopes are refused',
  example: {
    key: 'weekend',
    name: 'Weekend',
    environments: ['production'],
    window: { weekly: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' } },
    zone: 'instance',
  },
})

export type Freeze = z.infer<typeof Freeze>
