import { ApiKey, Instant, Name, Override, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'

export const KeyParams = ProjectParams.extend({
  key: z.string().meta({ description: 'Id of the key', example: 'key-0a1b2c3d4e5f' }),
})

/** A key as the API shows it: without its hash. */
export const ShownKey = ApiKey.omit({ hash: true })
  .extend({
    lastUsedAt: Instant.optional().meta({ description: 'Last use; absent if never used' }),
  })
  .meta({ id: 'ShownApiKey', description: 'API key without its hash' })

export const CreatedKey = ShownKey.extend({
  secret: z.string().optional().meta({
    description: 'Secret; only this response shows it, because the server stores its hash only',
    example: 'fh_server_4cW9…',
  }),
  note: z.string().optional().meta({
    description: 'Reason why a retry does not show the secret',
    example: 'Only the first response shows the secret.',
  }),
}).describe('Key created, with its secret')

export const KeyInput = strict({
  name: Name.meta({ description: 'Display name', example: 'Checkout service' }),
  kind: ApiKey.shape.kind.meta({
    description:
      'Kind: `server` for backends, `client` for browsers and apps, `admin` for `/api/v1`, `override` for one variant in one browser',
    example: 'server',
  }),
  scope: Scope.optional().meta({
    description: 'Environment or instance that the key is bound to; by default the whole project',
    example: 'production/acme',
  }),
  expiresAt: Instant.optional().meta({
    description: 'Instant of expiry, ISO 8601 in UTC; by default the key does not expire',
    example: '2027-11-20T08:00:00Z',
  }),
  override: Override.optional().meta({
    description:
      'Variant that a key of kind `override` permits; such a key also needs a scope, and expires within 7 days',
  }),
  allProjects: z.boolean().optional().meta({
    description: '`true` for an admin key of every project; default false',
    example: false,
  }),
}).meta({
  id: 'ApiKeyRequest',
  description: 'API key to create',
  example: { name: 'Checkout service', kind: 'server', scope: 'production/acme' },
})

export type KeyInput = z.infer<typeof KeyInput>
