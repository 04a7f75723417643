import { unitText } from '../hash.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'
import { readUnit } from './serve.ts'

/**
 * Returns the unit exposed to a resolution: the unit of its rollout, or else the targeting key.
 * Returns undefined for an anonymous context. Throws errors that a getter of the context throws.
 */
export function exposedUnit(
  { parts: { unit } }: Resolution,
  context: EvaluationContext | undefined,
): string | undefined {
  if (context == null) return undefined
  return unit === undefined ? unitText(context.targetingKey) : readUnit(unit, context)
}
