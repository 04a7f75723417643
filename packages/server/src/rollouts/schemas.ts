import {
  Actor,
  FlagKey,
  Instant,
  Key,
  Owner,
  ProgressiveRollout,
  RolloutRun,
  Scope,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'
import { warningsMember } from '../projects/write-warnings.ts'
import { Forecast } from './forecast/schemas.ts'

export const RolloutParams = ProjectParams.extend({
  rollout: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
})

const { plan, by } = ProgressiveRollout.shape
const { name, onRegression, failBudget, holdback } = plan.shape

const OwnPlan = plan.omit({ key: true }).extend({
  name: name.default('Own plan'),
  onRegression: onRegression.default('rollback'),
  failBudget: failBudget.default(1),
  holdback: holdback.default({ percent: 5, hours: 24 }),
})

export const RolloutInput = strict({
  key: Key.optional().meta({
    description: 'Key of the rollout; by default the flag and the day',
    example: 'new-checkout-2026-11',
  }),
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
  from: Key.optional().meta({
    description: 'Key of the old variant; by default the variant that is served now',
    example: 'off',
  }),
  to: Key.optional().meta({
    description: 'Key of the new variant; by default the on variant of a boolean flag',
    example: 'on',
  }),
  by: by.optional().meta({
    description: 'Attribute that identifies the unit; by default `targetingKey`',
    example: 'targetingKey',
  }),
  plan: z.union([Key, OwnPlan]).default('standard').meta({
    description: 'Key of a plan, or a plan of this rollout alone; by default `standard`',
    example: 'standard',
  }),
}).meta({
  id: 'RolloutStart',
  description: 'Rollout to start',
  example: {
    key: 'new-checkout-2026-11',
    flag: 'new-checkout',
    environment: 'production',
    plan: 'standard',
  },
})

/** Selects runs of a rollout; by default all. */
export const RunSelection = {
  scopes: z
    .array(Scope)
    .min(1)
    .optional()
    .meta({ description: 'Scopes of the runs; by default all', example: ['production/acme'] }),
  tags: z
    .record(z.string(), z.string())
    .optional()
    .meta({
      description: 'Tags that the instances of the runs must have',
      example: { tier: 'pilot' },
    }),
}

export const ActionRequest = strict({
  ...RunSelection,
  owner: Owner.optional().meta({
    description: 'Responsible person or team of a quarantine; by default the owner of the instance',
  }),
})
  .partial()
  .meta({
    id: 'RolloutAction',
    description: 'Runs that an action applies to',
    example: { scopes: ['production/acme'] },
  })

export const AbortRequest = strict({
  leave: z.boolean().meta({
    description: '`true` leaves every scope unchanged, `false` restores what the rollout found',
    example: false,
  }),
}).meta({ id: 'RolloutAbort', description: 'Scopes after an abort', example: { leave: false } })

export const Safety = z
  .object({
    isSafe: z
      .boolean()
      .meta({ description: 'True if it is safe to stop watching', example: false }),
    since: Instant.optional().meta({
      description: 'Instant from which it is safe, ISO 8601 in UTC; absent if it is not',
    }),
    text: z.string().meta({
      description: 'Reason, or the missing condition, in words',
      example: 'acme must be quiet for 7 hours more.',
    }),
    minutes: z.int().optional().meta({
      description: 'Missing minutes, at least; absent if the time is not the missing condition',
      example: 412,
    }),
    units: z.int().optional().meta({
      description: 'Missing users, about; absent if users are not the missing condition',
      example: 340,
    }),
  })
  .meta({ id: 'RolloutSafety', description: 'Answer to "is it safe to stop watching?"' })

export const ShownRun = RolloutRun.extend({
  state: z.enum(['pending', ...RolloutRun.shape.state.options]).meta({
    description: 'State of the run; `pending` before its wave opens',
    example: 'exposing',
  }),
  next: z.string().optional().meta({
    description: 'Reason why the next transition is not due; absent where none is to come',
    example: '4 of 10 minutes with users are still to come.',
  }),
  minutes: z.int().meta({ description: 'Minutes with exposures since the step began', example: 6 }),
  units: z.int().meta({ description: 'Units exposed since the step began', example: 412 }),
  verdict: z.string().optional().meta({
    description: 'Verdict on its metrics, in one sentence; absent before the run exposes',
  }),
  safety: Safety.meta({ description: 'Safety of the run' }),
}).meta({ id: 'ShownRun', description: 'Run of a rollout with its present counts and verdict' })

export const Removal = z
  .object({
    variant: Key.meta({ description: 'Key of the variant whose code stays', example: 'on' }),
    evaluations: z.int().meta({
      description: 'Evaluations since the end of the rollout, within the last 7 days',
      example: 12_400,
    }),
    otherEvaluations: z.int().meta({
      description: 'Number of them that served another variant',
      example: 0,
    }),
    text: z.string().meta({
      description: 'Reason in words',
      example:
        'All users of production get "on" since 2026-11-26T08:00:00Z. 0 of 12400 evaluations since then served another variant.',
    }),
    steps: z.array(z.string()).meta({
      description: 'Next steps, with their literal requests and calls',
      example: [
        'Keep the code of "on". Delete the other path and flags.isEnabled("search"), and deploy.',
      ],
    }),
  })
  .meta({ id: 'FlagRemoval', description: 'Proposal to remove a flag from the code' })

export const ShownRollout = ProgressiveRollout.extend({
  safety: Safety.meta({ description: 'Safety of the rollout, from that of all scopes' }),
  forecast: Forecast.optional().meta({
    description: 'Forecast of the rest; absent once it has ended',
  }),
  removal: Removal.optional().meta({
    description:
      'Proposal to remove the flag from the code; absent unless all users have the new variant',
  }),
  runs: z.array(ShownRun).meta({ description: 'Runs in the order of their waves' }),
}).meta({ id: 'ShownRollout', description: 'Rollout with its runs' })

export const ActedRollout = z.object({
  status: ProgressiveRollout.shape.status,
  forecast: Forecast.optional().meta({
    description: 'Forecast of the rest; only in a dry run of a rollout in progress',
  }),
  runs: z.array(RolloutRun).meta({ description: 'Runs in the order of their waves' }),
  ...warningsMember,
})

export const TimelineEntry = z
  .object({
    version: z.int().meta({ description: 'Number of the change', example: 812 }),
    at: Instant.meta({ description: 'Instant of the decision, ISO 8601 in UTC' }),
    actor: Actor.meta({ description: 'Author of the decision' }),
    action: z.string().meta({ description: 'Action of the change', example: 'run.expose' }),
    scope: Scope.optional().meta({
      description: 'Scope of the run; absent for the rollout itself',
    }),
    state: RolloutRun.shape.state.optional().meta({ description: 'State of the run afterwards' }),
    reason: z.string().optional().meta({ description: 'Reason in one sentence' }),
    evidence: z.unknown().optional().meta({ description: 'Counts behind the decision' }),
  })
  .meta({ id: 'TimelineEntry', description: 'Decision about a rollout or one of its runs' })

export type ShownRollout = z.infer<typeof ShownRollout>
export type Removal = z.infer<typeof Removal>
export type Safety = z.infer<typeof Safety>
export type ShownRun = z.infer<typeof ShownRun>
export type RolloutInput = z.infer<typeof RolloutInput>
export type ActionRequest = z.infer<typeof ActionRequest>
