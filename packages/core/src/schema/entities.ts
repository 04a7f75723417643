import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { FlagKey, Instant, Key, Name, Owner, Scope, Tags } from './keys.ts'
import { strict } from './strict.ts'
import { When } from './targeting.ts'
import { targetingKeys } from './targeting-keys.ts'
import { BusinessHours } from './window.ts'

export const Project = strict({
  key: Key.meta({ description: 'Key of the project', example: 'shop' }),
  name: Name.meta({ example: 'Shop' }),
}).meta({ id: 'Project', description: 'Product', example: { key: 'shop', name: 'Shop' } })

/** A stage of the product: `production`, `staging`, `eng-3`. */
export const Environment = strict({
  key: Key.meta({ description: 'Key of the environment', example: 'production' }),
  name: Name.meta({ example: 'Production' }),
  order: z
    .int()
    .min(0)
    .max(10_000)
    .meta({ description: 'Position in lists, 0 to 10,000; lower comes first', example: 10 }),
  protected: z.boolean().meta({
    description:
      'Protection: writes that affect flags there need `If-Match` and a reason, except kills and restores',
    example: false,
  }),
  overrides: z.boolean().optional().meta({
    description:
      'Overrides: browsers may use keys of kind `override` in this environment; by default they may not',
    example: false,
  }),
}).meta({
  id: 'Environment',
  description: 'Stage of the product',
  example: { key: 'production', name: 'Production', order: 10, protected: true },
})

/** One customer's customised deployment. */
export const Instance = strict({
  key: Key.meta({ description: 'Key of the instance', example: 'acme' }),
  name: Name.meta({ example: 'Acme Corporation' }),
  tags: Tags.meta({ example: { region: 'eu', tier: 'enterprise' } }),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: 'Time zone, a name of the IANA database', example: 'Europe/Zurich' }),
  businessHours: BusinessHours.optional().meta({
    description:
      'Hours in which rollouts advance, in the time zone of the instance; by default all',
  }),
  owner: Owner.meta({ example: 'team-acme' }),
  status: z.enum(['active', 'paused', 'retired']).meta({
    description:
      'Status: a `paused` instance refuses changes except kills; a `retired` one serves off variants, and its keys are refused',
    example: 'active',
  }),
}).meta({
  id: 'Instance',
  description: 'Deployment of one customer',
  example: {
    key: 'acme',
    name: 'Acme Corporation',
    tags: { region: 'eu', tier: 'enterprise' },
    timeZone: 'Europe/Zurich',
    owner: 'team-acme',
    status: 'active',
  },
})

export const Segment = strict({
  key: Key.meta({ description: 'Key of the segment', example: 'beta-testers' }),
  name: Name.optional().meta({
    description: `Display name, 1 to ${LIMITS.nameLength} characters`,
    example: 'Beta testers',
  }),
  include: targetingKeys({
    description: `Targeting keys that are always members, at most ${LIMITS.segmentList}`,
    example: ['ada', 'grace'],
  }),
  exclude: targetingKeys({
    description: `Targeting keys that are never members, at most ${LIMITS.segmentList}; they override \`include\``,
    example: ['mallory'],
  }),
  when: When.meta({
    description: `Groups of clauses for all other contexts, at most ${LIMITS.clausesPerRule}: matches if all clauses of one group match`,
    example: [[{ attribute: 'beta', op: 'in', values: [true] }]],
  }),
}).meta({
  id: 'Segment',
  description: 'Reusable audience',
  example: {
    key: 'beta-testers',
    name: 'Beta testers',
    include: ['ada', 'grace'],
    exclude: ['mallory'],
    when: [[{ attribute: 'beta', op: 'in', values: [true] }]],
  },
})

export const Override = strict({
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  variant: Key.meta({ description: 'Key of the variant', example: 'on' }),
}).meta({
  id: 'Override',
  description: 'Variant of a flag that one browser serves',
  example: { flag: 'new-checkout', variant: 'on' },
})

/** A credential; the server never stores its secret. */
export const ApiKey = strict({
  id: Key.meta({ description: 'Id of the API key', example: 'k-3f9a2c' }),
  name: Name.meta({ example: 'Checkout service' }),
  kind: z.enum(['admin', 'server', 'client', 'override']).meta({
    description:
      'Kind of the key: admin API, server SDK, client SDK, or permission to override a flag in one browser',
    example: 'server',
  }),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description: 'SHA-256 of the secret, 64 hexadecimal digits',
      example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    }),
  prefix: z.string().meta({
    description: 'First characters of the secret, for recognition',
    example: 'fh_server_4cW9',
  }),
  project: z.union([Key, z.literal('*')]).meta({
    description: 'Key of the project; `*` for all projects, allowed for admin keys only',
    example: 'shop',
  }),
  scope: Scope.optional().meta({
    description: 'Scope that the key is bound to; absent for the whole project',
    example: 'production/acme',
  }),
  override: Override.optional().meta({
    description: 'Variant that a key of kind `override` permits; absent for other kinds',
  }),
  createdAt: Instant.meta({ description: 'Instant of creation, ISO 8601 in UTC' }),
  expiresAt: Instant.optional().meta({
    description: 'Instant of expiry, ISO 8601 in UTC; absent for a key without expiry',
    example: '2027-11-20T08:00:00Z',
  }),
  revokedAt: Instant.optional().meta({
    description: 'Instant of revocation, ISO 8601 in UTC; absent for a valid key',
  }),
}).meta({ id: 'ApiKey', description: 'Credential of a person, a service or an SDK' })

export type ApiKey = z.infer<typeof ApiKey>
export type Environment = z.infer<typeof Environment>
export type Instance = z.infer<typeof Instance>
export type Project = z.infer<typeof Project>
export type Override = z.infer<typeof Override>
export type Segment = z.infer<typeof Segment>
