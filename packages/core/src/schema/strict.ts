import { z } from 'zod'
import { closest } from '../closest.ts'

/** Limits on the error text, because a request body may contain many unknown members. */
const MAX_REPORTED_MEMBERS = 5
const MAX_REPORTED_LENGTH = 100

/**
 * Returns an object schema that refuses unknown members. The error suggests the correct name of a
 * misspelt member: a silently dropped setting would surface only in production.
 */
export function strict<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined
      // A schema derived from this one keeps its errors, but has members of its own.
      const members = Object.keys((issue.inst as z.ZodObject).shape)
      return issue.keys
        .slice(0, MAX_REPORTED_MEMBERS)
        .map((key) => unknownMember(key.slice(0, MAX_REPORTED_LENGTH), members))
        .join(' ')
    },
  })
}

function unknownMember(key: string, members: readonly string[]): string {
  const nearest = closest(key, members)
  if (nearest !== undefined) return `Member "${key}" is unknown. Did you mean "${nearest}"?`
  return `Member "${key}" is unknown. Use one of: ${members.join(', ')}.`
}
