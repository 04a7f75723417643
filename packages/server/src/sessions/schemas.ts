import { ApiKey, Instant, Name, Project, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

export const SessionParams = z.object({
  session: z.string().meta({ description: 'Id of the session', example: 'session-0a1b2c3d4e5f' }),
})

const Person = Name.meta({
  description:
    'Name of the person, shown in the change log beside the key; the server cannot verify it',
  example: 'Ada',
})

export const SignIn = strict({
  key: z.string().min(1).max(500).meta({
    description: 'Secret of an admin key',
    example: 'fh_admin_4cW9…',
  }),
  person: Person.optional(),
}).meta({
  id: 'SignIn',
  description: 'Admin key that a person signs in with',
  example: { key: 'fh_admin_4cW9…', person: 'Ada' },
})

/** A session as the API shows it. */
export const ShownSession = z
  .object({
    id: SessionParams.shape.session,
    keyId: ApiKey.shape.id.meta({ description: 'Id of its API key', example: 'key-0a1b2c3d4e5f' }),
    keyName: z.string().meta({ description: 'Name of its API key', example: 'Release tool' }),
    person: Person.optional(),
    createdAt: Instant.meta({ description: 'Instant of the sign-in, ISO 8601 in UTC' }),
    lastUsedAt: Instant.meta({ description: 'Last use, ISO 8601 in UTC, to the minute' }),
    expiresAt: Instant.meta({
      description:
        'Latest instant of its end, ISO 8601 in UTC; it ends earlier with its key, and after an hour without use',
    }),
    isCurrent: z.boolean().meta({
      description: '`true` for the session of the request',
      example: true,
    }),
  })
  .meta({ id: 'Session', description: 'Session of a person who signed in with an admin key' })

export const Identity = z
  .object({
    key: ApiKey.pick({ id: true, name: true, kind: true, project: true, scope: true }).meta({
      description: 'API key of the request; a session has the rights of its key',
    }),
    projects: z
      .array(
        Project.extend({
          version: z.int().meta({ description: 'Number of the last change', example: 812 }),
        }),
      )
      .meta({ description: 'Projects that the key may see' }),
    session: ShownSession.optional().meta({
      description: 'Session of the request; absent for a request with an API key',
    }),
    csrfToken: z.string().optional().meta({
      description: 'Value of the header `flaghoist-csrf` for writes of the session',
      example: 'dGhpcyBpcyBub3QgYSByZWFsIHRva2Vu',
    }),
  })
  .meta({ id: 'Identity', description: 'Caller of a request, and its rights' })

export const SignedOut = z.object({
  signedOut: z.boolean().meta({
    description: '`true` if a session ended; `false` for a request with an API key',
    example: true,
  }),
})
