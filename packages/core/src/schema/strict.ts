import { z } from 'zod'
import { closest } from '../closest.ts'

/**
 * An object without members that it does not name. A misspelt member is an error that suggests the
 * right name, because a setting that is silently dropped is found out in production.
 */
export function strict<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined
      // A body may be full of them.
      return issue.keys
        .slice(0, MOST_NAMED)
        .map((key) => describeUnknown(key.slice(0, MOST_LENGTH), known))
        .join(' ')
    },
  })
}

const MOST_NAMED = 5
const MOST_LENGTH = 100

function describeUnknown(key: string, known: readonly string[]): string {
  const nearest = closest(key, known)
  if (nearest !== undefined) return `There is no member "${key}". Did you mean "${nearest}"?`
  return `There is no member "${key}". Members are: ${known.join(', ')}.`
}
