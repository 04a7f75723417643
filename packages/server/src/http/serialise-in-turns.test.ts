import Fastify from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { serialiseInTurns } from './serialise-in-turns.ts'

const Edit = z.union([
  z.object({ kind: z.literal('kill'), flags: z.array(z.string()) }),
  z.object({ kind: z.literal('layer'), after: z.record(z.string(), z.number()).nullable() }),
])
const Change = z.object({
  seq: z.int(),
  reason: z.string().optional(),
  edits: z.array(Edit).meta({ description: 'Edits' }),
  lists: z.object({ include: z.array(z.string()) }).optional(),
})
const Page = z.object({ items: z.array(Change), next: z.string().optional() }).describe('Changes')

/** Responses to the same value, of a route that serialises at once and of one with the hook. */
async function respond(value: unknown, schema: z.ZodType = Page) {
  return Promise.all(
    [false, true].map(async (hasHook) => {
      const app = Fastify()
      app.setSerializerCompiler(serializerCompiler)
      if (hasHook) app.addHook('preSerialization', serialiseInTurns)
      app.get('/', { schema: { response: { 200: schema } } }, async () => value)
      const { statusCode, headers, payload } = await app.inject('/')
      return { statusCode, type: headers['content-type'], payload }
    }),
  )
}

const many = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i))
const layer = (i: number) => ({ kind: 'layer', after: i % 3 === 0 ? null : { b: i, a: 1 } })

describe('a large response', () => {
  test.for([
    ['many items', { items: many(3_000, (seq) => ({ seq, edits: [layer(seq)] })), next: '7' }],
    ['one large item', { items: [{ seq: 1, reason: 'é', edits: many(9_000, layer) }] }],
    [
      'a large item between small ones',
      { items: many(5, (seq) => ({ seq, edits: many(seq === 2 ? 4_000 : 2, layer) })) },
    ],
    [
      'a large edit, and a large list',
      {
        items: [
          {
            seq: 1,
            edits: [{ kind: 'kill', flags: many(5_000, (i) => `flag-${i}`) }],
            lists: { include: many(30_000, (i) => `user-${i}`) },
          },
        ],
      },
    ],
    [
      'members that its schema lacks',
      { items: many(3_000, (seq) => ({ seq, edits: [], x: 1 })), y: 2 },
    ],
  ] as const)('has the bytes that it has at once, with %s', async ([, value]) => {
    const [once, inTurns] = await respond(value)
    expect(inTurns).toEqual(once)
    expect(once!.statusCode).toBe(200)
  })

  test('is an error where a member does not match its schema', async () => {
    const items = many(3_000, (seq) => ({ seq: seq === 2_999 ? 'x' : seq, edits: [] }))
    const responses = await respond({ items })
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([500, 500])
  })

  test('has the members that a loose schema keeps', async () => {
    const schema = z.looseObject({ items: z.array(z.int()) })
    const [once, inTurns] = await respond({ items: many(3_000, Number), other: 1 }, schema)
    expect(inTurns).toEqual(once)
    expect(once!.payload).toContain('"other":1')
  })

  test('is an error where a strict schema refuses a member', async () => {
    const schema = z.strictObject({ items: z.array(z.int()) })
    const responses = await respond({ items: many(3_000, Number), other: 1 }, schema)
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([500, 500])
  })

  test('is an error where a member is missing', async () => {
    const responses = await respond({ next: many(3_000, String).join() })
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([500, 500])
  })
})
