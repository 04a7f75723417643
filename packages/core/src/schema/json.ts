import { z } from 'zod'
import { LIMITS } from '../limits.ts'

/**
 * Any JSON value within the depth limit. The depth check runs first, because parsing deep JSON
 * needs a deep stack.
 */
export const Json = z
  .unknown()
  .refine((value) => isShallow(value, LIMITS.jsonDepth), {
    error: `JSON can be nested at most ${LIMITS.jsonDepth} levels deep. Flatten the value.`,
  })
  .pipe(z.json())

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1))
}
