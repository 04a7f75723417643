import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { KEY_PATTERN, SCOPE_PATTERN } from '../scope.ts'

/** Key of an entity: what URLs, changes and rulesets name it by. */
export const Key = z
  .string()
  .regex(
    KEY_PATTERN,
    'A key has 1 to 100 characters: lower-case letters, digits, ".", "_" and "-", and starts with a letter or digit.',
  )
  .meta({ id: 'Key', example: 'new-checkout' })

/** `*` (everywhere), an environment, or an instance in an environment. */
export const Scope = z
  .string()
  .regex(
    SCOPE_PATTERN,
    'A scope is "*", an environment such as "production", or an instance in one such as "production/acme".',
  )
  .meta({ id: 'Scope', example: 'production/acme' })

export const Name = z.string().trim().min(1).max(LIMITS.nameLength)
export const Text = z.string().max(LIMITS.textLength)
export const Tags = z.record(z.string().min(1).max(100), z.string().max(200))
/** An instant, ISO 8601 in UTC. */
export const Instant = z.iso.datetime()
