import { z } from 'zod'
import { Key, Name, Owner } from './keys.ts'
import { strict } from './strict.ts'

const MAX_PARAMETERS = 20

const Parameters = z
  .record(Key, z.string().max(8_000))
  .refine((parameters) => Object.keys(parameters).length <= MAX_PARAMETERS, {
    message: `A view has at most ${MAX_PARAMETERS} parameters.`,
  })

/** A filter of a screen of the dashboard, which everyone in the project can open. */
export const View = strict({
  key: Key.meta({ description: 'Key of the view', example: 'held-in-production' }),
  name: Name.meta({ example: 'Held in production' }),
  screen: Key.meta({ description: 'Screen of the dashboard', example: 'flags' }),
  query: z.string().max(2_000).meta({
    description: 'Filter of the screen, as people type it; at most 2000 characters',
    example: 'state:held env:production',
  }),
  parameters: Parameters.optional().meta({
    description: `Search parameters of the screen beside its query, such as its columns, by name: at most ${MAX_PARAMETERS}, each of at most 8000 characters`,
    example: { columns: '@owner,production' },
  }),
  owner: Owner.meta({ example: 'ada' }),
}).meta({
  id: 'View',
  description: 'Saved filter of a screen of the dashboard',
  example: {
    key: 'held-in-production',
    name: 'Held in production',
    screen: 'flags',
    query: 'state:held env:production',
    owner: 'ada',
  },
})

export type View = z.infer<typeof View>
