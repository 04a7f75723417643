type Json = Readonly<Record<string, unknown>>

/**
 * Protects annotations beside references, such as the description of a member that refers to a
 * named schema: @fastify/swagger removes every neighbour of a `$ref`.
 */
export function wrapReferences<T>(part: T): T {
  return mapObjects(part, (schema) => {
    const { $ref, ...annotations } = schema
    if (typeof $ref !== 'string' || Object.keys(annotations).length === 0) return schema
    return { ...annotations, allOf: [{ $ref }] }
  })
}

/** Restores the references that `wrapReferences` has wrapped. */
export function unwrapReferences<T>(part: T): T {
  return mapObjects(part, (schema) => {
    const { allOf, ...annotations } = schema
    if (!Array.isArray(allOf) || allOf.length !== 1) return schema
    return { ...annotations, ...allOf[0] }
  })
}

/** Rebuilds JSON from its leaves up. */
export function mapObjects<T>(part: T, map: (object: Json) => Json): T {
  if (Array.isArray(part)) return part.map((item) => mapObjects(item, map)) as T
  if (typeof part !== 'object' || part === null) return part
  const members = Object.entries(part).map(([name, member]) => [name, mapObjects(member, map)])
  return map(Object.fromEntries(members)) as T
}
