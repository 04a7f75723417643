import {
  DEV,
  type EvaluationContext,
  type JsonValue,
  type ResolutionDetails,
} from '@flaghoist/core'
import type { Circuits } from './circuits.ts'
import type { Exposed, Exposure, Exposures } from './exposures.ts'
import type { ScopedFlags } from './flags.ts'
import { runGuarded } from './guard.ts'
import type { WarnOnce } from './warn-once.ts'

/** Questions that remember what they have exposed a context to. */
export interface Reader {
  isEnabled(
    key: string,
    context?: EvaluationContext,
    fallback?: boolean,
    exposed?: Exposed,
  ): boolean
  details(
    key: string,
    fallback: JsonValue,
    context?: EvaluationContext,
    exposed?: Exposed,
  ): ResolutionDetails<never, never>
}

/** What scopes of one client share. */
export interface ScopeParts {
  readonly reader: Reader
  readonly recordOutcome: Exposures['recordOutcome']
  readonly circuits: Circuits
  readonly warnings: WarnOnce
}

const METRIC = /^[a-z0-9][a-z0-9._-]{0,99}$/

/**
 * Binds a context to a reader, and attributes what happens to it to the variants that it was exposed to.
 * @param exposed what it was exposed to already
 */
export function scopedFlags(
  { reader, recordOutcome, circuits, warnings }: ScopeParts,
  context: EvaluationContext,
  exposed: Exposed = new Map(),
): ScopedFlags {
  const merge = (own: EvaluationContext | undefined) => {
    if (!own) return context
    try {
      return { ...context, ...own }
    } catch {
      return context // A getter in one of them threw, and asking never does.
    }
  }
  const isEnabled = (key: string, own?: EvaluationContext, fallback?: boolean) =>
    reader.isEnabled(key, merge(own), fallback, exposed)
  const details = (key: string, fallback: JsonValue, own?: EvaluationContext) =>
    reader.details(key, fallback, merge(own), exposed)
  const track = (metric: string, value?: number) => {
    if (typeof metric === 'string' && METRIC.test(metric))
      for (const exposure of exposed.values()) recordOutcome(exposure, metric, value)
    else if (DEV)
      warnings.warn(
        `metric ${String(metric)}`,
        `"${String(metric)}" is no name of a metric: lower-case letters, digits, ".", "_" and "-".`,
      )
  }
  const fail = (exposure: Exposure | undefined) => {
    if (exposure) recordOutcome(exposure, 'error')
  }

  return {
    context,
    isEnabled,
    value: (key, fallback, own) => details(key, fallback as JsonValue, own).value,
    details,
    track,
    error: () => track('error'),
    fail: (key) => fail(exposed.get(key)),
    guard(key, next, old) {
      if (!isEnabled(key)) return old()
      // What the path was chosen by: when it fails, the context may have been given another answer.
      const exposure = exposed.get(key)
      const tell = circuits.trial(key)
      if (tell === undefined) {
        // The new path is out of order for this one as well: as a success of the old one it would hide that.
        fail(exposure)
        return old()
      }
      return runGuarded(next, old, (hasWorked, error) => {
        tell(hasWorked)
        if (hasWorked) return
        fail(exposure)
        warnings.warn(`guard ${key}`, `The new path of "${key}" failed, the old one answers`, error)
      })
    },
  }
}
