import { Key, strict } from '@flaghoist/core/schema'
import type { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Resource } from './resource.ts'

export function entityParams({ kind, examples }: Resource) {
  const { key } = examples.create
  return ProjectParams.extend({
    key: Key.meta({ description: `Key of the ${kind}`, example: key }),
  })
}

/** The body that creates an entity: everything but its key is optional. */
export function creationBody({ schema, examples }: Resource) {
  return schema
    .partial()
    .required({ key: true } as never)
    .meta({ example: examples.create })
}

/**
 * The body that updates an entity: every member is optional, and `null` removes one that may be
 * absent.
 */
export function updateBody({ schema, examples }: Resource) {
  const { key: _, ...members } = schema.shape as z.ZodRawShape
  const shape = Object.entries(members).map(([name, member]) => {
    const type = member as z.ZodType
    return [name, type.safeParse(undefined).success ? type.nullable() : type.optional()]
  })
  return strict(Object.fromEntries(shape) as z.ZodRawShape).meta({ example: examples.update })
}
