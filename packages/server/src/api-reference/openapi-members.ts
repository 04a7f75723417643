import { mapObjects } from './openapi-references.ts'

type Json = Readonly<Record<string, unknown>>

/** Bounds that zod states for every integer, and that no reader needs. */
const INTEGER_BOUNDS = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }

/** Simplifies schemas for readers: no noise of zod, and a description for each nullable member. */
export function readable<T>(part: T): T {
  return mapObjects(part, (schema) => describeNullable(withoutNoise(schema)))
}

function withoutNoise(schema: Json): Json {
  const { minimum, maximum, pattern, ...rest } = schema
  return {
    ...rest,
    ...(minimum !== undefined && minimum !== INTEGER_BOUNDS.minimum && { minimum }),
    ...(maximum !== undefined && maximum !== INTEGER_BOUNDS.maximum && { maximum }),
    // The format says it in one word, the pattern in four lines.
    ...(pattern !== undefined && rest.format !== 'date-time' && { pattern }),
  }
}

/** Lifts the annotations of a schema to its union with `null`. */
function describeNullable(schema: Json): Json {
  const { anyOf, description } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || description !== undefined) return schema
  const [first, last] = anyOf as readonly Json[]
  if (last?.type !== 'null' || first?.description === undefined) return schema
  const { description: lifted, example, ...type } = first
  return {
    ...schema,
    description: lifted,
    ...(example !== undefined && { example }),
    anyOf: [type, last],
  }
}
