import type { EvaluationContext } from '@flaghoist/core'
import type { FlagReader, ScopedFlags } from './flags.ts'

/** Binds a context to a reader. */
export function scopedFlags(reader: FlagReader, context: EvaluationContext): ScopedFlags {
  const merge = (own: EvaluationContext | undefined) => {
    if (!own) return context
    try {
      return { ...context, ...own }
    } catch {
      return context // A getter in one of them threw, and asking never does.
    }
  }

  return {
    context,
    isEnabled: (key, own, fallback) => reader.isEnabled(key, merge(own), fallback),
    value: (key, fallback, own) => reader.value(key, fallback, merge(own)),
    details: (key, fallback, own) => reader.details(key, fallback, merge(own)),
  }
}
