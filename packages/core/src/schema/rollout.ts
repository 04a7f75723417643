import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Layer } from './flag.ts'
import { Json } from './json.ts'
import { FlagKey, Instant, Key, Name, Owner, Scope, Text } from './keys.ts'
import { PLAN_EXAMPLE, planMembers } from './plan.ts'
import { strict } from './strict.ts'

const Reason = strict({
  code: z.string().max(100).meta({ description: 'Stable code', example: 'regressed' }),
  text: Text.meta({ description: 'Reason in one sentence' }),
}).meta({ id: 'Reason', description: 'Reason of a state: a stable code, and a sentence' })

/** A plan at work on one flag in one environment. */
export const ProgressiveRollout = strict({
  key: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
  from: Key.optional().meta({
    description: "Key of the old variant; absent for the caller's fallback",
    example: 'off',
  }),
  to: Key.meta({ description: 'Key of the new variant', example: 'on' }),
  by: z.string().min(1).max(200).meta({
    description: 'Attribute that identifies the unit, such as `targetingKey`',
    example: 'targetingKey',
  }),
  plan: strict({
    key: Key.optional().meta({ description: 'Key of the copied plan', example: 'standard' }),
    name: Name.meta({ example: 'Standard' }),
    ...planMembers,
  }).meta({
    description:
      'Copy of the plan at the start of the rollout; later edits of the template change nothing',
    example: { key: 'standard', name: 'Standard', ...PLAN_EXAMPLE },
  }),
  status: z
    .enum(['running', 'paused', 'completed', 'completed-with-exceptions', 'rolled-back', 'aborted'])
    .meta({ description: 'Status, which follows from the runs', example: 'running' }),
  reason: Reason.optional().meta({ description: 'Reason of the status' }),
  wave: z.int().min(0).max(LIMITS.waves).meta({
    description: 'Index of the last wave that was opened, from 0',
    example: 1,
  }),
  scopes: z
    .int()
    .min(1)
    .meta({ description: 'Scopes when the rollout started; they share the error budget' }),
  startedAt: Instant.meta({ description: 'Instant of the start, ISO 8601 in UTC' }),
  startedBy: z.string().meta({ description: 'Name of the actor who started it', example: 'Ada' }),
  endedAt: Instant.optional().meta({
    description: 'Instant of the end, ISO 8601 in UTC; absent while it is in progress',
  }),
}).meta({ id: 'ProgressiveRollout', description: 'Plan at work on one flag in one environment' })

/** The three members of a layer that a rollout writes. */
export const DrivenMembers = Layer.pick({ on: true, rollout: true, fallthrough: true }).meta({
  id: 'DrivenMembers',
  description: 'Members of a layer that a rollout writes; an absent one is inherited',
})

const RUN_STATES = [
  'waiting',
  'exposing',
  'holdback',
  'done',
  'held',
  'rolled-back',
  'quarantined',
  'skipped',
] as const

/** The part of a rollout in one scope. */
export const RolloutRun = strict({
  rollout: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
  scope: Scope.meta({ description: 'Scope of the run', example: 'production/acme' }),
  state: z.enum(RUN_STATES).meta({ description: 'State of the run', example: 'exposing' }),
  wave: z.int().min(0).meta({ description: 'Index of its wave, from 0', example: 1 }),
  step: z.int().min(0).meta({ description: 'Index of its step, from 0', example: 2 }),
  since: Instant.meta({ description: 'Instant of the latest transition, ISO 8601 in UTC' }),
  reason: Reason.optional().meta({ description: 'Reason of the state' }),
  owner: Owner.optional().meta({ description: 'Responsible for a quarantined instance' }),
  found: strict({
    own: DrivenMembers.meta({ description: 'Members that the layer itself set' }),
    resolved: DrivenMembers.meta({ description: 'Members as they resolved' }),
  })
    .optional()
    .meta({ description: 'Layer before the rollout; absent until the run exposes' }),
  written: DrivenMembers.optional().meta({
    description: 'Members as the rollout wrote them last; absent until the run exposes',
  }),
  attempt: z.int().min(1).meta({
    description: 'Number of the attempt, from 1; a retry draws other units',
    example: 1,
  }),
  joined: z.int().min(0).meta({
    description: 'Number among the scopes that joined after the start; 0 for one of the start',
    example: 0,
  }),
  safeAt: Instant.optional().meta({
    description:
      'Instant from which the run is safe to stop watching, ISO 8601 in UTC; absent before',
  }),
  evidence: Json.optional().meta({
    description:
      'Counts that the latest transition was computed from, so that it can be recomputed',
  }),
}).meta({ id: 'RolloutRun', description: 'Part of a rollout in one scope' })

export type DrivenMembers = z.infer<typeof DrivenMembers>
export type ProgressiveRollout = z.infer<typeof ProgressiveRollout>
export type RolloutRun = z.infer<typeof RolloutRun>
export type RunState = RolloutRun['state']
