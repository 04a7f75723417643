import type { EvaluationContext as FlagContext } from '@flaghoist/client'
import type { EvaluationContext } from '@openfeature/core'

/**
 * Converts an OpenFeature context: dates become ISO 8601 strings, which date clauses compare. A
 * context without dates is returned unchanged.
 */
export function toFlagContext(context: EvaluationContext): FlagContext {
  const dates = Object.entries(context).filter(([, value]) => value instanceof Date)
  if (dates.length === 0) return context as FlagContext
  return {
    ...(context as FlagContext),
    ...Object.fromEntries(dates.map(([name, value]) => [name, dateText(value as Date)])),
  }
}

function dateText(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
