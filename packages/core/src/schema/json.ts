import { z } from 'zod'
import { LIMITS } from '../limits.ts'

/**
 * Any JSON, not deeper than all who read it can follow; asked first, because to parse deep JSON
 * takes a deep stack.
 */
export const Json = z
  .unknown()
  .refine((value) => isShallow(value, LIMITS.jsonDepth), {
    error: `JSON is nested at most ${LIMITS.jsonDepth} levels deep. Flatten it.`,
  })
  .pipe(z.json())

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1))
}
