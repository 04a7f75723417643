import { z } from 'zod'
import { ApiKey, Environment, Instance, Project, Segment } from './entities.ts'
import { FlagDefinition, KillByTag, Layer } from './flag.ts'
import { Freeze } from './freeze.ts'
import { Instant, Key, Text } from './keys.ts'
import { Metric } from './metric.ts'
import { Plan } from './plan.ts'
import { ProgressiveRollout, RolloutRun } from './rollout.ts'
import { strict } from './strict.ts'
import { Subscription } from './subscription.ts'
import { View } from './view.ts'

const EDITED_KEYS: Readonly<Record<string, string>> = {
  project: 'default',
  environment: 'production',
  instance: 'acme',
  flag: 'new-checkout',
  layer: 'new-checkout@production/acme',
  kill: 'kill-812',
  segment: 'beta-testers',
  apiKey: 'k-3f9a2c',
  metric: 'checkout-ms',
  plan: 'standard',
  rollout: 'new-checkout-2026-11',
  run: 'new-checkout-2026-11@production/acme',
  freeze: 'weekend',
  subscription: 'ops',
  view: 'held-in-production',
}

/** Forms of keys that name a scope. */
const KEY_FORMS: Readonly<Record<string, string>> = {
  layer: 'Key of the flag and scope: `flag@scope`',
  run: 'Key of the rollout and scope: `rollout@scope`',
}

const wholeEdit = <K extends string, T extends z.ZodType>(kind: K, entity: T) =>
  strict({
    kind: z.literal(kind).meta({ description: 'Kind of the entity' }),
    key: z.string().meta({
      description: KEY_FORMS[kind] ?? 'Key of the entity',
      example: EDITED_KEYS[kind],
    }),
    before: entity.nullable().meta({
      description: 'Entity before the change; `null` if it did not exist',
    }),
    after: entity.nullable().meta({
      description: 'Entity after the change; `null` if the change deletes it',
    }),
  })

const EDITS = [
  wholeEdit('project', Project),
  wholeEdit('environment', Environment),
  wholeEdit('instance', Instance),
  wholeEdit('flag', FlagDefinition),
  wholeEdit('layer', Layer),
  wholeEdit('kill', KillByTag),
  wholeEdit('apiKey', ApiKey),
  wholeEdit('metric', Metric),
  wholeEdit('plan', Plan),
  wholeEdit('rollout', ProgressiveRollout),
  wholeEdit('run', RolloutRun),
  wholeEdit('freeze', Freeze),
  wholeEdit('subscription', Subscription),
  wholeEdit('view', View),
] as const

/** One whole entity before and after a change; `null` means that it does not exist. */
export const Edit = z.discriminatedUnion('kind', [...EDITS, wholeEdit('segment', Segment)])

const Run = strict({
  at: z.int().min(0).meta({
    description: 'Position of the first key in the list: before the change if removed, else after',
    example: 2,
  }),
  keys: z.array(z.string()).meta({ description: 'Consecutive targeting keys', example: ['cy'] }),
})

const ListChange = strict({
  removed: z.array(Run).meta({ description: 'Removed keys, in order of their positions' }),
  added: z.array(Run).meta({ description: 'Added keys, in order of their positions' }),
}).meta({ id: 'ListChange', description: 'Targeting keys that a change removed and added' })

/** An edit of a segment as the log stores it: its lists may be long, and are not repeated. */
const SegmentEdit = wholeEdit('segment', Segment.partial({ include: true, exclude: true })).extend({
  lists: strict({
    include: ListChange.optional().meta({ description: 'Changes of `include`' }),
    exclude: ListChange.optional().meta({ description: 'Changes of `exclude`' }),
  })
    .optional()
    .meta({
      description:
        'Changes of the lists of an existing segment, which `before` and `after` leave out; a list that is absent here stays',
    }),
})

/** An edit as the log stores it. A whole edit is one too, such as that of an older log. */
export const LoggedEdit = z
  .discriminatedUnion('kind', [...EDITS, SegmentEdit])
  .meta({ id: 'Edit', description: 'One entity before and after a change' })

export const Actor = strict({
  kind: z.enum(['key', 'system']).meta({
    description: 'Kind of the actor: an API key, or the server itself',
    example: 'key',
  }),
  id: z.string().meta({ description: 'Id of the API key or of the part', example: 'k-3f9a2c' }),
  name: z.string().meta({ description: 'Display name', example: 'Release tool' }),
  person: z.string().optional().meta({
    description: 'Name that a person gave when signing in with the key; not verified',
    example: 'Ada',
  }),
}).meta({ id: 'Actor', description: 'Author of a change' })

/**
 * One entry of a project's change log: the actor, the edits, the time and the reason. The log
 * applies all its edits or none.
 */
export const Change = strict({
  seq: z.int().min(1).meta({
    description: 'Sequence number in the project, from 1, without gaps',
    example: 812,
  }),
  at: Instant.meta({ description: 'Instant of the change, ISO 8601 in UTC' }),
  actor: Actor.meta({ description: 'Author of the change' }),
  action: z.string().meta({
    description: 'Action, such as `flag.create`, `layer.update` or `flag.kill`',
    example: 'layer.update',
  }),
  edits: z.array(LoggedEdit).meta({ description: 'Edited entities; all edits apply together' }),
  reason: Text.optional().meta({
    description: 'Reason, as the actor stated it',
    example: 'Start of the rollout',
  }),
  overrides: z
    .array(Key)
    .optional()
    .meta({
      description: 'Keys of the freezes that the change overrode; absent for none',
      example: ['weekend'],
    }),
  requestId: z.string().meta({ description: 'Id of the HTTP request', example: 'req-7k2' }),
  previousHash: z.string().meta({
    description: 'Hash of the previous change; empty for the first change',
    example: '3b1f8e0c5a7d92e46b0f1c8a5d3e7f9024c6b8a1d5e3f70914a2c6b8d0e4f6a8',
  }),
  hash: z.string().meta({
    description: 'SHA-256 of `previousHash` and this change in canonical JSON',
    example: '7c2e9a4f1b6d8035e7a1c3f5b9d0e2468ace13579bdf02468ace13579bdf0246',
  }),
}).meta({ id: 'Change', description: "Entry of a project's change log" })

export type Actor = z.infer<typeof Actor>
export type Change = z.infer<typeof Change>
export type Edit = z.infer<typeof Edit>
export type ListChange = z.infer<typeof ListChange>
export type LoggedEdit = z.infer<typeof LoggedEdit>
