import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { FLAG_KEY_PATTERN, KEY_PATTERN, SCOPE_PATTERN } from '../scope.ts'

/** The key of an entity in URLs, changes and rulesets. */
export const Key = z
  .string()
  .regex(
    KEY_PATTERN,
    'A key has 1 to 100 characters: lower-case letters, digits, ".", "_" and "-". It starts with a letter or digit.',
  )
  .meta({
    id: 'Key',
    description:
      'Key of an entity: 1 to 100 lower-case letters, digits, ".", "_" and "-", starting with a letter or digit',
  })

/** The key of a flag. Keys are case-sensitive, and differ by more than case. */
export const FlagKey = z
  .string()
  .regex(
    FLAG_KEY_PATTERN,
    'The key of a flag has 1 to 100 characters: letters, digits, ".", "_", "~", ":" and "-". It starts with a letter or digit.',
  )
  .meta({
    id: 'FlagKey',
    description:
      'Key of a flag: 1 to 100 letters, digits, ".", "_", "~", ":" and "-", starting with a letter or digit; case-sensitive',
  })

/** `*` (all environments), an environment, or an instance in an environment. */
export const Scope = z
  .string()
  .regex(
    SCOPE_PATTERN,
    'A scope is "*", an environment such as "production", or an instance in an environment such as "production/acme".',
  )
  .meta({
    id: 'Scope',
    description:
      'Scope: `*` for all environments, an environment, or an instance in an environment',
  })

export const Name = z
  .string()
  .trim()
  .min(1)
  .max(LIMITS.nameLength)
  .meta({ description: `Display name, 1 to ${LIMITS.nameLength} characters` })

export const Text = z
  .string()
  .max(LIMITS.textLength)
  .meta({ description: `Text, at most ${LIMITS.textLength} characters` })

/** The team or person responsible for an entity. */
export const Owner = z.string().max(200).meta({
  description: 'Responsible team or person, at most 200 characters',
  example: 'team-checkout',
})

export const Tags = z.record(z.string().min(1).max(100), z.string().max(200)).meta({
  description: 'Tags by name: names of 1 to 100 characters, values of at most 200 characters',
  example: { team: 'checkout' },
})

/** An instant, ISO 8601 in UTC. */
export const Instant = z.iso
  .datetime()
  .meta({ description: 'Instant, ISO 8601 in UTC', example: '2026-11-20T08:00:00Z' })
