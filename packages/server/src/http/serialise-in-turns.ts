import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { bytesInSteps } from '../bytes-in-steps.ts'
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
  const bytes = await serialise(schema, payload)
  reply.serializer(() => bytes as never) // Fastify sends bytes too, whatever its type says.
  return payload
}

/** Serialises a value by its schema, in turns of the event loop that are short. */
export function serialise(schema: z.ZodType, value: unknown): Promise<Buffer> {
  return runInTurns(bytesInSteps(piecesOf(schema, value)))
}

/** Returns the schema of a response in JSON. */
function schemaOf(responses: unknown, status: number): z.ZodType | undefined {
  const found = (responses as Readonly<Record<number, unknown>> | undefined)?.[status]
  if (found instanceof z.ZodType) return found
  const { content } = (found ?? {}) as { content?: Record<string, { schema: z.ZodType }> }
  return content?.['application/json']?.schema
}

/**
 * Yields the text of a value, and that of a large one member by member. Each piece is encoded by
 * its own schema, as Fastify encodes a small response at once.
 */
function* piecesOf(schema: z.core.$ZodType, value: unknown): Generator<string, void> {
  if (weigh(value, PIECE) >= PIECE) {
    if (schema instanceof z.ZodOptional) return yield* piecesOf(schema.unwrap(), value)
    if (schema instanceof z.ZodArray) return yield* listPieces(schema, value as readonly unknown[])
    if (schema instanceof z.ZodObject && !hasUnnamedMembers(schema, value as object))
      return yield* objectPieces(schema, value as object)
  }
  yield JSON.stringify(z.encode(schema, value))
}

/** Checks that an object has members that its schema does not name, and refuses or keeps. */
function hasUnnamedMembers({ shape, def }: z.ZodObject, value: object): boolean {
  return (
    def.catchall !== undefined && Object.keys(value).some((name) => !Object.hasOwn(shape, name))
  )
}

function* objectPieces({ shape }: z.ZodObject, value: object): Generator<string> {
  const given = value as Readonly<Record<string, unknown>>
  let separator = '{'
  for (const [name, schema] of Object.entries(shape)) {
    if (given[name] === undefined) {
      z.encode(schema, undefined)
      continue
    }
    yield `${separator}${JSON.stringify(name)}:`
    yield* piecesOf(schema, given[name])
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}

function* listPieces(schema: z.ZodArray, items: readonly unknown[]): Generator<string> {
  let separator = '['
  for (const group of groupsOf(items)) {
    yield separator
    if (group.length === 1) yield* piecesOf(schema.element, group[0])
    else yield JSON.stringify(z.encode(schema, group)).slice(1, -1)
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
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
