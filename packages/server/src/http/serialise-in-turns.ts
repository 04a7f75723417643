import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { runInTurns } from '../pause.ts'

/** Values that one turn serialises: a few milliseconds. */
const PIECE = 2_000

/** A hook that serialises large responses in turns of the event loop that are short. */
export async function serialiseInTurns(
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (weigh(payload, PIECE) < PIECE) return payload
  const schema = schemaOf(routeOptions.schema?.response, reply.statusCode)
  if (schema === undefined) return payload
  const text = await runInTurns(textSteps(schema, payload))
  reply.serializer(() => text)
  return payload
}

/** Returns the schema of a response in JSON. */
function schemaOf(responses: unknown, status: number): z.ZodType | undefined {
  const found = (responses as Readonly<Record<number, unknown>> | undefined)?.[status]
  if (found instanceof z.ZodType) return found
  const { content } = (found ?? {}) as { content?: Record<string, { schema: z.ZodType }> }
  return content?.['application/json']?.schema
}

/**
 * Serialises a value, and a large one member by member. Each piece is encoded by its own schema, as
 * Fastify encodes a small response at once.
 */
function* textSteps(schema: z.core.$ZodType, value: unknown): Generator<void, string> {
  yield
  if (weigh(value, PIECE) >= PIECE) {
    if (schema instanceof z.ZodOptional) return yield* textSteps(schema.unwrap(), value)
    if (schema instanceof z.ZodArray) return yield* listSteps(schema, value as readonly unknown[])
    if (schema instanceof z.ZodObject && !hasUnnamedMembers(schema, value as object))
      return yield* objectSteps(schema, value as object)
  }
  return JSON.stringify(z.encode(schema, value))
}

/** Checks that an object has members that its schema does not name, and refuses or keeps. */
function hasUnnamedMembers({ shape, def }: z.ZodObject, value: object): boolean {
  return (
    def.catchall !== undefined && Object.keys(value).some((name) => !Object.hasOwn(shape, name))
  )
}

function* objectSteps({ shape }: z.ZodObject, value: object): Generator<void, string> {
  const given = value as Readonly<Record<string, unknown>>
  const texts: string[] = []
  for (const [name, schema] of Object.entries(shape))
    if (given[name] !== undefined)
      texts.push(`${JSON.stringify(name)}:${yield* textSteps(schema, given[name])}`)
    else z.encode(schema, undefined)
  return `{${texts.join(',')}}`
}

function* listSteps(schema: z.ZodArray, items: readonly unknown[]): Generator<void, string> {
  const texts: string[] = []
  for (const group of groupsOf(items)) {
    const [first] = group
    if (group.length === 1) texts.push(yield* textSteps(schema.element, first))
    else texts.push(JSON.stringify(z.encode(schema, group)).slice(1, -1))
    yield
  }
  return `[${texts.join(',')}]`
}

/** Groups items up to the size of a piece. A larger one comes alone. */
function* groupsOf(items: readonly unknown[]): Generator<unknown[]> {
  let group: unknown[] = []
  let weight = 0
  for (const item of items) {
    const own = weigh(item, PIECE)
    if (group.length > 0 && weight + own > PIECE) {
      yield group
      group = []
      weight = 0
    }
    group.push(item)
    weight += own
  }
  if (group.length > 0) yield group
}

/** Counts the values in a value, up to a limit. */
function weigh(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let weight = 1
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    weight += weigh(member, limit - weight)
    if (weight >= limit) return limit
  }
  return weight
}
