import { Instant, Key, Name, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { InstantQuery, ProjectParams } from '../../http/request-schemas.ts'

export const NotesParams = ProjectParams.extend({
  instance: Key.meta({ description: 'Key of the instance', example: 'acme' }),
})

export const NotesQuery = strict({
  from: InstantQuery.meta({
    description: 'Start of the period, ISO 8601 in UTC; by default 30 days before its end',
  }),
  to: InstantQuery.meta({ description: 'End of the period, exclusive; by default now' }),
  environment: Key.optional().meta({
    description: 'Key of the environment; by default the only one of the project',
    example: 'production',
  }),
})

export const ReleaseNotes = z
  .object({
    instance: Name.meta({ description: 'Name of the instance', example: 'Acme Corporation' }),
    environment: Name.meta({ description: 'Name of the environment', example: 'Production' }),
    from: Instant.meta({ description: 'Start of the period, ISO 8601 in UTC' }),
    to: Instant.meta({ description: 'End of the period, ISO 8601 in UTC' }),
    items: z
      .array(
        z.object({
          kind: z.enum(['released', 'changed', 'started', 'withdrawn']).meta({
            description:
              'Effect: `released` to all users, `changed` for all users, `started` with some users, or `withdrawn`',
            example: 'released',
          }),
          title: z.string().meta({
            description: 'Description of the flag',
            example: 'The checkout on one page',
          }),
          at: Instant.meta({ description: 'Instant of the last change, ISO 8601 in UTC' }),
        }),
      )
      .meta({ description: 'Changes for the instance, latest first' }),
    untitled: z.int().meta({
      description: 'Number of flags that are left out because they have no description',
      example: 0,
    }),
  })
  .meta({ id: 'ReleaseNotes', description: 'Release notes of an instance' })

export type ReleaseNotes = z.infer<typeof ReleaseNotes>
