import { Instant, Key, RolloutRun } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ACTIONS, type RolloutAction } from './action-names.ts'
import { ATTENTIONS } from './attention.ts'

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

const Attention = z.enum(ATTENTIONS).meta({
  description:
    'Need for people: `regressed`, `needs-person`, `blocked` by a calendar or a missing SDK, `moving` by itself, `pending`, `settled`',
  example: 'moving',
})

const armsOf = (description: string, control: number, treatment: number) =>
  z
    .object({
      control: z.number().meta({ description: 'Old variant', example: control }),
      treatment: z.number().meta({ description: 'New variant', example: treatment }),
    })
    .meta({ description })

export const RunNumbers = z
  .object({
    metric: Key.meta({ description: 'Key of the metric that decides', example: 'error' }),
    units: armsOf('Units of each arm', 3_604, 412),
    events: armsOf('Units with the outcome', 32, 17),
    rates: armsOf('Shares of units with the outcome', 0.009, 0.041),
    evidence: z
      .object({
        log10: z.number().meta({ description: 'Logarithm of the evidence of harm', example: 3.2 }),
        threshold: z.number().nullable().meta({
          description: 'Logarithm from which the run is rolled back; `null` if nothing does',
          example: 3.9,
        }),
      })
      .meta({ description: 'Evidence of harm by comparison of the arms' }),
  })
  .meta({ id: 'RunNumbers', description: 'Numbers behind the verdict on a run' })

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
  attention: Attention,
  share: z.number().meta({
    description: 'Share of the users that have the new variant by chance now, in %',
    example: 10,
  }),
  numbers: RunNumbers.optional().meta({
    description:
      'Numbers behind the verdict, or behind the last transition; absent if no metric decided',
  }),
  usersNeeded: z.int().optional().meta({
    description: 'Users that the verdict still needs, about; absent if it needs none',
    example: 340,
  }),
  actions: z.array(z.enum(Object.keys(ACTIONS) as [RolloutAction])).meta({
    description: 'Actions that would change the run now',
    example: ['pause', 'rollback'],
  }),
  safety: Safety.meta({ description: 'Safety of the run' }),
}).meta({ id: 'ShownRun', description: 'Run of a rollout with its present counts and verdict' })

export const RolloutOverview = z
  .object({
    attention: Attention.meta({
      description: 'Need for people: that of the run that needs them most, or of a pause',
    }),
    states: z
      .array(
        z.object({
          state: ShownRun.shape.state,
          runs: z.int().meta({ description: 'Number of runs in this state', example: 4 }),
        }),
      )
      .meta({ description: 'Number of runs by state' }),
    share: z
      .object({
        from: z.number().meta({ description: 'Lowest share, in %', example: 10 }),
        to: z.number().meta({ description: 'Highest share, in %', example: 50 }),
      })
      .optional()
      .meta({ description: 'Shares of the runs in progress; absent without one' }),
    text: z.string().optional().meta({
      description: 'Reason why it needs people or is blocked; absent if it moves by itself',
      example: 'globex: The flag is killed here. Restore it.',
    }),
    sentence: z.string().meta({
      description: 'Progress in one sentence',
      example: 'Wave 2 of 3, "Europe": 4 of 12 runs done, 3 in progress, 1 rolled back.',
    }),
  })
  .meta({ id: 'RolloutOverview', description: 'Runs of a rollout, summed up' })

export type Safety = z.infer<typeof Safety>
export type RunNumbers = z.infer<typeof RunNumbers>
export type RolloutOverview = z.infer<typeof RolloutOverview>
export type ShownRun = z.infer<typeof ShownRun>
