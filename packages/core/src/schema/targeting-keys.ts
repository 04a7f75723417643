import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { withFastPath } from './fast-path.ts'

/** Returns the schema of a list of targeting keys, which may hold 100,000. */
export function targetingKeys(meta: z.GlobalMeta) {
  const list = z.array(z.string().max(LIMITS.clauseValueLength)).max(LIMITS.segmentList).meta(meta)
  return withFastPath(list, areTargetingKeys)
}

function areTargetingKeys(value: unknown): boolean {
  return Array.isArray(value) && value.length <= LIMITS.segmentList && value.every(isTargetingKey)
}

function isTargetingKey(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LIMITS.clauseValueLength
}
