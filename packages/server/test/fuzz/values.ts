import type { Random } from '../../../../test-support/random.ts'
import type { ApiSchema } from '../openapi-operations.ts'

/** Choices of a seeded source of random numbers. */
export interface Chance {
  /** Returns true with a probability. */
  holds(probability: number): boolean
  /** Returns a whole number below a limit. */
  below(limit: number): number
  pick<T>(choices: readonly T[]): T
}

export function createChance({ uniform }: Random): Chance {
  const below = (limit: number) => Math.floor(uniform() * limit)
  return {
    below,
    holds: (probability) => uniform() < probability,
    pick: (choices) => choices[below(choices.length)]!,
  }
}

/** The members of JSON Schema that values are generated from. */
interface Schema extends ApiSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly propertyNames?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** Few, so that one request finds what another has created. */
const KEYS = [
  'a',
  'b',
  'production',
  'acme',
  'on',
  'off',
  'production/acme',
  '*',
  'new-checkout',
  'newCheckout',
]
const TEXTS = ['', 'x', 'Ada', 'ünïcode', '日本', '👩‍🚀', 'a'.repeat(300), '\u0000', '<b>&amp;']
const INSTANTS = ['2026-11-20T08:00:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z']
const NUMBERS = [0, 1, 2, 10, 50, 100, 1_000, 0.5, -1, 1e9, 1e308]
/** Depth below which optional members and items are left out, so that values end. */
const MAX_DEPTH = 6
const SHARE_OF_EXAMPLES = 0.6

/** Generates values that the schemas of a document allow, often those of its examples. */
export function createValues(
  schemas: Readonly<Record<string, ApiSchema>>,
  chance: Chance,
): (schema: ApiSchema) => unknown {
  const resolved = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema
    const { $ref, ...annotations } = schema
    const target = schemas[$ref.slice('#/components/schemas/'.length)]!
    return { ...resolved(target), ...annotations }
  }
  const generators: Readonly<Record<string, (schema: Schema, depth: number) => unknown>> = {
    object: objectOf,
    array: arrayOf,
    string: (schema) => textOf(schema, chance),
    number: (schema) => numberOf(schema, chance),
    integer: (schema) => Math.trunc(numberOf(schema, chance)),
    boolean: () => chance.holds(0.5),
    null: () => null,
  }

  function sampleOf(given: Schema, depth: number): unknown {
    const schema = resolved(given)
    if (schema.example !== undefined && chance.holds(SHARE_OF_EXAMPLES))
      return structuredClone(schema.example)
    if (schema.const !== undefined) return schema.const
    if (schema.enum !== undefined) return chance.pick(schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices !== undefined) return sampleOf(chance.pick(choices), depth)
    const generate = generators[schema.type ?? chance.pick(['string', 'number', 'boolean', 'null'])]
    return generate!(schema, depth)
  }

  function objectOf(schema: Schema, depth: number): Record<string, unknown> {
    const { properties = {}, required = [], additionalProperties, propertyNames } = schema
    const value: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(properties))
      if (required.includes(name) || (depth < MAX_DEPTH && chance.holds(0.4)))
        value[name] = sampleOf(member, depth + 1)
    if (typeof additionalProperties === 'object' && depth < MAX_DEPTH)
      for (let left = chance.below(3); left > 0; left -= 1)
        value[String(sampleOf(propertyNames ?? ({ type: 'string' } as Schema), depth + 1))] =
          sampleOf(additionalProperties, depth + 1)
    return value
  }

  function arrayOf({ items = {}, prefixItems, minItems = 0 }: Schema, depth: number): unknown[] {
    if (prefixItems !== undefined) return prefixItems.map((item) => sampleOf(item, depth + 1))
    const length = depth < MAX_DEPTH ? minItems + chance.below(3) : minItems
    return Array.from({ length }, () => sampleOf(items, depth + 1))
  }

  return (schema) => sampleOf(schema, 0)
}

function textOf(
  { pattern, format, minLength = 0, maxLength = 1_000, example }: Schema,
  chance: Chance,
) {
  if (format === 'date-time') return chance.pick(INSTANTS)
  const choices = pattern === undefined ? [...TEXTS, ...KEYS] : KEYS
  const fitting = choices.filter(
    (text) =>
      text.length >= minLength &&
      text.length <= maxLength &&
      (pattern === undefined || new RegExp(pattern, 'u').test(text)),
  )
  return fitting.length > 0 ? chance.pick(fitting) : (example ?? 'a'.repeat(minLength))
}

function numberOf({ minimum = -1e9, maximum = 1e9 }: Schema, chance: Chance): number {
  const fitting = NUMBERS.filter((number) => number >= minimum && number <= maximum)
  return chance.pick([...fitting, minimum, maximum])
}
