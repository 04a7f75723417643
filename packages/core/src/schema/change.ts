import { z } from 'zod'
import {
  ApiKey,
  Environment,
  FlagDefinition,
  Instance,
  Layer,
  Project,
  Segment,
} from './entities.ts'
import { Instant, Text } from './keys.ts'
import { strict } from './strict.ts'

const edit = <K extends string, T extends z.ZodType>(kind: K, entity: T) =>
  strict({
    kind: z.literal(kind),
    /** Key of the entity; of a layer `flag@scope`. */
    key: z.string(),
    before: entity.nullable(),
    after: entity.nullable(),
  })

/** One entity before and after; `null` is "does not exist". */
export const Edit = z
  .discriminatedUnion('kind', [
    edit('project', Project),
    edit('environment', Environment),
    edit('instance', Instance),
    edit('flag', FlagDefinition),
    edit('layer', Layer),
    edit('segment', Segment),
    edit('apiKey', ApiKey),
  ])
  .meta({ id: 'Edit' })

export const Actor = strict({
  kind: z.enum(['key', 'system']),
  id: z.string(),
  name: z.string(),
}).meta({ id: 'Actor' })

/**
 * One entry of a project's log: who changed what, when, and why. All its edits hold together or not
 * at all.
 */
export const Change = strict({
  seq: z.int().min(1),
  at: Instant,
  actor: Actor,
  action: z
    .string()
    .meta({ description: 'What was done, such as flag.create, layer.update, flag.kill' }),
  edits: z.array(Edit),
  reason: Text.optional(),
  requestId: z.string(),
  previousHash: z.string().meta({ description: 'Hash of the change before; empty for the first' }),
  hash: z
    .string()
    .meta({ description: 'SHA-256 of previousHash and this change in canonical JSON' }),
}).meta({ id: 'Change' })

export type Actor = z.infer<typeof Actor>
export type Change = z.infer<typeof Change>
export type Edit = z.infer<typeof Edit>
