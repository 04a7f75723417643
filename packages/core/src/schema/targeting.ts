import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Key, Name } from './keys.ts'
import { strict } from './strict.ts'

export const OPERATORS = [
  'in',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lt',
  'lte',
  'gt',
  'gte',
  'before',
  'after',
  'semverEq',
  'semverLt',
  'semverLte',
  'semverGt',
  'semverGte',
  'segment',
  'exists',
  'cidr',
] as const

const Attribute = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'Attribute of the context, or a path such as device.os' })
const Salt = z.string().min(1).max(200)
const Buckets = z.int().min(0).max(100_000)

export const Clause = strict({
  attribute: Attribute,
  op: z.enum(OPERATORS),
  values: z
    .array(z.union([z.string().max(LIMITS.clauseValueLength), z.number(), z.boolean()]))
    .max(LIMITS.valuesPerClause),
  negate: z.boolean().optional(),
  ignoreCase: z.boolean().optional(),
  salt: Salt.optional().meta({ description: 'Set by the compiler: values are identifier hashes' }),
}).meta({ id: 'Clause' })

/** OR of ANDs; a group without clauses would hold for nobody and is refused. */
export const When = z
  .array(z.array(Clause).min(1).max(LIMITS.clausesPerRule))
  .max(LIMITS.clausesPerRule)

export const SplitRange = z.tuple([Buckets, Buckets, Key])

export const Split = strict({
  by: Attribute,
  salt: Salt,
  ranges: z.array(SplitRange).min(1).max(10_000),
}).meta({ id: 'Split' })

export const Serve = z
  .union([strict({ variant: Key }), strict({ split: Split })])
  .meta({ id: 'Serve', description: 'A variant for everybody, or a split between variants' })

export const Rule = strict({
  id: Key,
  name: Name.optional(),
  when: When.min(1),
  serve: Serve,
}).meta({ id: 'Rule' })

export const Rollout = strict({
  planRun: Key.optional(),
  step: z.int().min(0).optional(),
  by: Attribute,
  salt: Salt,
  share: Buckets.meta({
    description: 'Buckets that are treated: 100,000 is everybody, 1 is 0.001 %',
  }),
  serve: Serve,
  segments: z.array(Key).max(LIMITS.segments).optional(),
}).meta({ id: 'Rollout' })
