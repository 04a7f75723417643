import { Instant, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { SdkStatus } from './propagation-report.ts'

export const SdkState = z.object({
  id: z.string().meta({
    description: 'Random id of one SDK object',
    example: '6c1f0a52-8f2e-4c0e-9a53-1d1f3f6f2b7a',
  }),
  name: z
    .string()
    .meta({ description: 'Name and version of the SDK', example: '@flaghoist/node/0.1.0' }),
  scope: Scope.meta({
    description: 'Scope in which the SDK evaluates',
    example: 'production/acme',
  }),
  audience: z
    .enum(['server', 'client'])
    .meta({ description: 'Kind of its key', example: 'server' }),
  offlineSince: Instant.optional().meta({
    description: 'End of its last connection; absent while connected',
  }),
  version: z
    .int()
    .optional()
    .meta({ description: 'Version that the SDK last confirmed', example: 812 }),
  confirmed: z.boolean().optional().meta({
    description:
      'True if the SDK, or each SDK behind a relay, holds what its scope has at this version; absent while offline',
    example: true,
  }),
  relayed: z
    .object({
      connected: z.int().meta({ description: 'SDKs connected to the relay', example: 40 }),
      confirmed: z.int().meta({ description: 'Those that have confirmed it', example: 40 }),
    })
    .optional()
    .meta({ description: 'SDKs behind a relay, which count in its place; absent for an SDK' }),
  confirmedAfterMs: z.number().optional().meta({
    description:
      'Time from the commit of the last change in its scope to its confirmation, ms; absent if the SDK connected after it',
    example: 14.2,
  }),
})

/**
 * An SDK as people read it. The end of a connection is derived from the monotonic clock, so that
 * its milliseconds differ from response to response; without them an ETag stays.
 */
export function shownSdk({ offlineSince, counts, ...sdk }: SdkStatus): z.infer<typeof SdkState> {
  return {
    ...sdk,
    ...(offlineSince === undefined
      ? { confirmed: counts.confirmed === counts.connected }
      : { offlineSince: new Date(offlineSince - (offlineSince % 1_000)).toISOString() }),
  }
}
