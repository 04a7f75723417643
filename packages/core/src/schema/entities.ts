import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Json } from './json.ts'
import { Instant, Key, Name, Scope, Tags, Text } from './keys.ts'
import { strict } from './strict.ts'
import { Rollout, Rule, Serve, When } from './targeting.ts'

export const Project = strict({ key: Key, name: Name }).meta({ id: 'Project' })

/** A stage of the product: `production`, `staging`, `eng-3`. */
export const Environment = strict({
  key: Key,
  name: Name,
  order: z.int().min(0).max(10_000),
  protected: z.boolean(),
}).meta({ id: 'Environment' })

/** One customer's customised deployment. */
export const Instance = strict({
  key: Key,
  name: Name,
  tags: Tags,
  timeZone: z.string().min(1).max(64),
  owner: z.string().max(200),
  status: z.enum(['active', 'paused', 'retired']),
}).meta({ id: 'Instance' })

export const Variant = strict({
  key: Key,
  value: Json,
  description: Text.optional(),
}).meta({ id: 'Variant' })

export const Prerequisite = strict({
  flag: Key,
  variants: z.array(Key).min(1).max(LIMITS.variants),
})

export const FlagType = z.enum(['boolean', 'string', 'number', 'json'])

/** A flag without its layers: what it is, not where it is on. */
export const FlagDefinition = strict({
  key: Key,
  type: FlagType,
  kind: z.enum(['release', 'experiment', 'ops', 'permission', 'config']),
  variants: z.array(Variant).min(1).max(LIMITS.variants),
  description: Text,
  owner: z.string().max(200),
  tags: Tags,
  clientVisible: z.boolean(),
  permanent: z.boolean(),
  expectedRemovalAt: Instant.optional(),
  prerequisites: z.array(Prerequisite).max(LIMITS.prerequisites),
  archivedAt: Instant.optional(),
}).meta({ id: 'FlagDefinition' })

export const Kill = strict({ at: Instant, by: z.string(), reason: Text }).meta({ id: 'Kill' })

/** What one scope sets of a flag; what it leaves out comes from the more general scope. */
export const Layer = strict({
  on: z.boolean().optional(),
  off: Key.optional(),
  rules: z.array(Rule).max(LIMITS.rules).optional(),
  rollout: Rollout.nullable().optional(),
  fallthrough: Serve.optional(),
  killed: Kill.optional(),
  note: strict({
    reason: Text,
    owner: z.string().max(200).optional(),
    expiresAt: Instant.optional(),
  }).optional(),
}).meta({ id: 'Layer' })

export const Flag = strict({ ...FlagDefinition.shape, layers: z.record(Scope, Layer) }).meta({
  id: 'Flag',
})

export const Segment = strict({
  key: Key,
  name: Name.optional(),
  include: z.array(z.string().max(LIMITS.clauseValueLength)).max(LIMITS.segmentList),
  exclude: z.array(z.string().max(LIMITS.clauseValueLength)).max(LIMITS.segmentList),
  when: When,
}).meta({ id: 'Segment' })

/** A credential; the secret itself is never stored. */
export const ApiKey = strict({
  id: Key,
  name: Name,
  kind: z.enum(['admin', 'server', 'client']),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'SHA-256 of the secret, hexadecimal' }),
  prefix: z.string().meta({ description: 'First characters of the secret, to recognise it by' }),
  project: z
    .union([Key, z.literal('*')])
    .meta({ description: '"*" is every project; only admin keys can have it' }),
  scope: Scope.optional().meta({ description: 'Without one: the whole project' }),
  createdAt: Instant,
  expiresAt: Instant.optional(),
  revokedAt: Instant.optional(),
}).meta({ id: 'ApiKey' })

export type ApiKey = z.infer<typeof ApiKey>
export type Environment = z.infer<typeof Environment>
export type Flag = z.infer<typeof Flag>
export type FlagDefinition = z.infer<typeof FlagDefinition>
export type Instance = z.infer<typeof Instance>
export type Kill = z.infer<typeof Kill>
export type Layer = z.infer<typeof Layer>
export type Project = z.infer<typeof Project>
export type Segment = z.infer<typeof Segment>
export type Variant = z.infer<typeof Variant>
