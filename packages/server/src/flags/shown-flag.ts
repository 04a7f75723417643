import { Flag, FlagDefinition, Layer, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { visibleFlag } from '../projects/visibility.ts'

const Note = Layer.shape.note.unwrap()

/** A layer as people read it. */
export const ShownLayer = strict({
  ...Layer.shape,
  note: Note.extend({
    expired: z.literal(true).optional().meta({
      description: 'Present once `expiresAt` has passed: the settings are due for a review',
      example: true,
    }),
  })
    .optional()
    .meta(Layer.shape.note.meta()!),
}).meta({ ...Layer.meta(), id: 'ShownLayer', description: 'Settings of a flag in one scope' })

/** A flag as people read it. */
export const ShownFlag = strict({
  ...FlagDefinition.shape,
  overdue: z.literal(true).optional().meta({
    description: 'Present once `expectedRemovalAt` has passed and the flag is not archived',
    example: true,
  }),
  layers: z.record(Scope, ShownLayer).meta(Flag.shape.layers.meta()!),
}).meta({ ...Flag.meta(), id: 'ShownFlag', description: 'Flag with its layers' })

export type ShownFlag = z.infer<typeof ShownFlag>
export type ShownLayer = z.infer<typeof ShownLayer>

/** The scope of a reader's key, and the time at which it reads (epoch ms). */
export interface Reader {
  readonly scope: string | undefined
  readonly now: number
}

/** A flag with the layers that a key may see. */
export function shownFlag(flag: Flag, { scope, now }: Reader): ShownFlag {
  const { layers, ...definition } = visibleFlag(flag, scope)
  const shown = Object.entries(layers).map(([one, layer]) => [one, shownLayer(layer, now)] as const)
  return {
    ...definition,
    ...(isOverdue(flag, now) && { overdue: true }),
    layers: Object.fromEntries(shown),
  }
}

/** A layer whose note says that it has expired. @param now epoch ms */
export function shownLayer({ note, ...layer }: Layer, now: number): ShownLayer {
  if (note === undefined) return layer
  return { ...layer, note: { ...note, ...(hasPassed(note.expiresAt, now) && { expired: true }) } }
}

/** Checks that a flag is served after its planned removal, and not for good. @param now epoch ms */
export function isOverdue(flag: Flag, now: number): boolean {
  const { expectedRemovalAt, archivedAt, permanent } = flag
  return archivedAt === undefined && !permanent && hasPassed(expectedRemovalAt, now)
}

/** Checks that an optional instant has passed. @param now epoch ms */
export function hasPassed(instant: string | undefined, now: number): boolean {
  return instant !== undefined && Date.parse(instant) <= now
}
