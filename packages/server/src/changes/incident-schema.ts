import { FlagKey, Instant, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'

export const ShownIncident = z
  .object({
    kind: z.enum(['rollback', 'kill']).meta({ description: 'Kind of the incident' }),
    at: Instant.meta({ description: 'Instant, ISO 8601 in UTC' }),
    version: z.int().meta({ description: 'Number of the change', example: 812 }),
    flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
    scope: Scope.meta({ description: 'Scope of the incident', example: 'production/acme' }),
    text: z.string().meta({ description: 'Cause in words' }),
  })
  .meta({ id: 'Incident', description: 'Rollback or kill of a flag in a scope' })
