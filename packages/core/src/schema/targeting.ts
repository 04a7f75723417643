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

const Attribute = z.string().min(1).max(200).meta({
  description:
    'Attribute of the context, a path such as `device.os`, `instance`, or `instance.tags.<name>`; 1 to 200 characters',
  example: 'plan',
})
const BucketBy = Attribute.meta({
  description: 'Attribute that identifies the unit, such as `targetingKey`; 1 to 200 characters',
  example: 'targetingKey',
})
const Salt = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'Salt of the bucket hash, 1 to 200 characters', example: 'new-checkout-1' })
const Buckets = z.int().min(0).max(100_000)

export const Clause = strict({
  attribute: Attribute,
  op: z.enum(OPERATORS).meta({ description: 'Comparison operator', example: 'in' }),
  values: z
    .array(z.union([z.string().max(LIMITS.clauseValueLength), z.number(), z.boolean()]))
    .max(LIMITS.valuesPerClause)
    .meta({
      description: `Values to compare with, at most ${LIMITS.valuesPerClause}; the clause matches if one of them matches`,
      example: ['pro', 'enterprise'],
    }),
  negate: z.boolean().optional().meta({
    description: 'Inversion of the result, also for a missing attribute; default false',
    example: false,
  }),
  ignoreCase: z
    .boolean()
    .optional()
    .meta({ description: 'Comparison without regard to case; default false', example: false }),
  hashed: z.boolean().optional().meta({
    description:
      'Hashes in place of the values in rulesets of client keys, for `in` with text; then 42 equals "42". Always so for `targetingKey`. Absent in rulesets; default false',
    example: false,
  }),
  salt: Salt.optional().meta({
    description: 'Salt of the hashes in `values`; set by the compiler, refused in requests',
  }),
}).meta({
  id: 'Clause',
  description: 'Condition on one attribute of the context',
  example: { attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] },
})

/** An OR of ANDs. The schema refuses an empty group, which would never match. */
export const When = z
  .array(z.array(Clause).min(1).max(LIMITS.clausesPerRule))
  .max(LIMITS.clausesPerRule)
  .meta({
    description: `Groups of clauses, at most ${LIMITS.clausesPerRule}: matches if all clauses of one group match`,
    example: [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]],
  })

export const SplitRange = z.tuple([Buckets, Buckets, Key]).meta({
  description: 'Half-open range of buckets: [start, end, variant]',
  example: [0, 50_000, 'on'],
})

export const Split = strict({
  by: BucketBy,
  salt: Salt,
  ranges: z
    .array(SplitRange)
    .min(1)
    .max(10_000)
    .meta({
      description: 'Ranges in ascending order that cover the buckets 0 to 100,000 without a gap',
      example: [
        [0, 50_000, 'on'],
        [50_000, 100_000, 'off'],
      ],
    }),
}).meta({
  id: 'Split',
  description: 'Assignment of buckets to variants',
  example: {
    by: 'targetingKey',
    salt: 'new-checkout-1',
    ranges: [
      [0, 50_000, 'on'],
      [50_000, 100_000, 'off'],
    ],
  },
})

export const Serve = z
  .union([
    strict({ variant: Key.meta({ description: 'Key of the variant to serve', example: 'on' }) }),
    strict({ split: Split.meta({ description: 'Split between variants' }) }),
  ])
  .meta({
    id: 'Serve',
    description: 'One variant, or a split between variants',
    example: { variant: 'on' },
  })

export const Rule = strict({
  id: Key.meta({ description: 'Id of the rule, unique in its layer', example: 'paying-customers' }),
  name: Name.optional().meta({
    description: `Display name, 1 to ${LIMITS.nameLength} characters`,
    example: 'Paying customers',
  }),
  when: When.meta({
    description: `Groups of clauses, at most ${LIMITS.clausesPerRule}: matches if all clauses of one group match; an empty list matches every context`,
    example: [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]],
  }),
  serve: Serve.meta({ description: 'Variant or split for matching contexts' }),
}).meta({
  id: 'Rule',
  description: 'Targeting rule: a condition and its serve',
  example: {
    id: 'paying-customers',
    name: 'Paying customers',
    when: [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]],
    serve: { variant: 'on' },
  },
})

export const Rollout = strict({
  planRun: Key.optional().meta({
    description:
      'Key of the rollout of a plan that writes these settings; absent for settings of a person',
    example: 'new-checkout-2026-11',
  }),
  step: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Index of the current step of the plan, from 0', example: 2 }),
  by: BucketBy,
  salt: Salt,
  share: Buckets.meta({
    description: 'Number of treated buckets, 0 to 100,000; 1,000 is 1 % of the units',
    example: 25_000,
  }),
  serve: Serve.meta({ description: 'Variant or split for treated units' }),
  segments: z
    .array(Key)
    .max(LIMITS.segments)
    .optional()
    .meta({
      description: `Keys of segments whose members are always served, at most ${LIMITS.segments}`,
      example: ['beta-testers'],
    }),
}).meta({
  id: 'Rollout',
  description: 'Randomised rollout to a share of the units',
  example: {
    by: 'targetingKey',
    salt: 'new-checkout-1',
    share: 25_000,
    serve: { variant: 'on' },
    segments: ['beta-testers'],
  },
})
