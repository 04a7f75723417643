import { unitText } from './attribute.ts'
import type { EvaluationContext, Resolution } from './resolution.ts'
import { readUnit } from './serve.ts'

/**
 * Who was exposed to a resolution: the unit that its rollout compares, or the targeting key where none does. Undefined where
 * nobody is named. May throw what a getter of the context throws.
 */
export function exposedUnit(
  { parts: { unit } }: Resolution,
  context: EvaluationContext | undefined,
): string | undefined {
  if (context == null) return undefined
  return unit === undefined ? unitText(context.targetingKey) : readUnit(unit, context)
}
