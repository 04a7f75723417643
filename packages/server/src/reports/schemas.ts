import { FlagKey, Instant, Key, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { InstantQuery } from '../http/request-schemas.ts'

export const ReportQuery = strict({
  since: InstantQuery.meta({
    description: 'Start of the report, ISO 8601 in UTC; by default 24 hours ago, at most 31 days',
  }),
  instance: Key.optional().meta({
    description: 'Key of an instance; leaves out the entries of other instances',
  }),
  rollout: Key.optional().meta({
    description: 'Key of a rollout; leaves out the entries of other rollouts and flags',
  }),
})

const version = z.int().meta({ description: 'Number of the change', example: 812 })
const at = Instant.meta({ description: 'Instant, ISO 8601 in UTC' })
const text = z.string().meta({ description: 'Sentence for people' })
const actor = z.string().meta({ description: 'Name of the actor', example: 'Ada' })
const scope = Scope.meta({ description: 'Scope', example: 'production/acme' })
const rollout = Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' })
const flag = FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' })

const Entry = z.object({ version, at, actor, text })

export const Report = z
  .object({
    project: Key.meta({ description: 'Key of the project', example: 'shop' }),
    from: Instant.meta({ description: 'Start of the report, ISO 8601 in UTC' }),
    to: Instant.meta({ description: 'Time of the report, ISO 8601 in UTC' }),
    changes: z
      .object({
        total: z.int().meta({ description: 'Number of changes by people', example: 4 }),
        items: z.array(Entry).meta({ description: 'The last 50 of them, latest first' }),
      })
      .meta({ description: 'Changes by people, without rollouts and kills' }),
    kills: z
      .array(
        Entry.extend({
          flag,
          scope,
          connected: z.int().meta({ description: 'Number of SDKs connected now', example: 3 }),
          confirmed: z.int().meta({ description: 'Number of them that hold the kill', example: 3 }),
          maxMs: z.number().optional().meta({
            description: 'Longest time to a confirmation, ms; absent if it was not measured',
            example: 14.2,
          }),
        }),
      )
      .meta({ description: 'Kills, latest first' }),
    rollouts: z
      .array(
        Entry.extend({
          rollout,
          scope: scope.optional(),
          action: z.string().meta({ description: 'Action of the change', example: 'run.rollback' }),
        }),
      )
      .meta({ description: 'Decisions about rollouts, latest first' }),
    verdicts: z
      .array(
        z.object({
          rollout,
          flag,
          scope,
          state: z.string().meta({ description: 'State of the run', example: 'exposing' }),
          text,
        }),
      )
      .meta({ description: 'Runs in progress, with their verdicts' }),
    overrides: z
      .array(Entry.extend({ freezes: z.array(Key).meta({ description: 'Keys of the freezes' }) }))
      .meta({ description: 'Changes that overrode a freeze, latest first' }),
    quarantines: z
      .array(
        z.object({
          rollout,
          flag,
          scope,
          since: at,
          owner: z.string().optional().meta({ description: 'Owner', example: 'team-acme' }),
          text,
        }),
      )
      .meta({ description: 'Open quarantines' }),
    removals: z
      .array(
        z.object({
          flag,
          owner: z.string().meta({ description: 'Owner of the flag', example: 'ada' }),
          expectedRemovalAt: Instant.meta({ description: 'Planned removal, ISO 8601 in UTC' }),
        }),
      )
      .meta({ description: 'Flags due for removal' }),
  })
  .meta({ id: 'Report', description: 'Report of a project' })

export type Report = z.infer<typeof Report>
export type Entry = z.infer<typeof Entry>
