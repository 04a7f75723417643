import { expect, test } from 'vitest'
import { z } from 'zod'
import * as schemas from './index.ts'

interface JsonSchema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly [keyword: string]: unknown
}

const named = Object.entries(schemas).flatMap(([name, value]) =>
  value instanceof z.ZodType ? [[name, value] as const] : [],
)

test.for(named)('the schema %s describes each member', ([, schema]) => {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

  expect(undescribedMembers(json, '')).toEqual([])
})

test.for(named.filter(([, schema]) => schema.meta()?.example !== undefined))(
  'the schema %s accepts its own example',
  ([, schema]) => {
    expect(schema.safeParse(schema.meta()?.example).error).toBeUndefined()
  },
)

test('each schema that people write has an example', () => {
  const { Environment, Flag, FlagDefinition, Instance, Layer, Rollout, Rule, Segment } = schemas
  const written = [Environment, Flag, FlagDefinition, Instance, Layer, Rollout, Rule, Segment]

  for (const schema of written) expect(schema.meta()).toHaveProperty('example')
})

/** Walks a schema and its definitions; returns the paths of members without a description. */
function undescribedMembers(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = Object.entries((schema as JsonSchema).properties ?? {}).flatMap(([name, member]) =>
    member.description === undefined ? [`${path}.${name}`] : [],
  )
  const nested = Object.entries(schema).flatMap(([keyword, part]) =>
    keyword === 'example' ? [] : undescribedMembers(part, `${path}/${keyword}`),
  )
  return [...own, ...nested]
}
