import type { EvaluationContext, JsonValue } from '@flaghoist/core'
import { DEV, mergeContexts } from '@flaghoist/core/internal'
import type { Circuits } from './circuits.ts'
import type { Exposed } from './exposure.ts'
import type { ScopedFlags } from './flags.ts'
import { runGuarded } from './guard.ts'
import type { Reader } from './reader.ts'
import type { Recorder } from './recorder.ts'
import type { WarnOnce } from './warn-once.ts'

/** A context, and the exposures that outcomes are attributed to. */
export interface Binding {
  context: EvaluationContext
  lastExposed: Exposed
}

/** The parts that all scopes of a client share. */
export interface ScopeParts {
  readonly reader: Reader
  readonly recordOutcome: Recorder['recordOutcome']
  readonly circuits: Circuits
  readonly warnings: WarnOnce
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}

const METRIC = /^[a-z0-9][a-z0-9._-]{0,99}$/

/** Binds a context to a reader, and attributes outcomes to the variants that it was exposed to. */
export function scopedFlags(
  { reader, recordOutcome, circuits, warnings, elapsed }: ScopeParts,
  binding: Binding,
): ScopedFlags {
  const isEnabled = (key: string, own?: EvaluationContext, fallback?: boolean) =>
    reader.isEnabled(key, merged(binding.context, own), fallback, binding.lastExposed)
  const details = (key: string, fallback: JsonValue, own?: EvaluationContext) =>
    reader.details(key, fallback, merged(binding.context, own), binding.lastExposed)
  const track = (metric: string, value?: number) => {
    if (typeof metric === 'string' && METRIC.test(metric))
      for (const exposure of binding.lastExposed.values()) recordOutcome(exposure, metric, value)
    else if (DEV)
      warnings.warn(
        `metric ${String(metric)}`,
        `"${String(metric)}" is not a metric name: use lower-case letters, digits, ".", "_" and "-".`,
      )
  }
  /** Warns of a new path once. Its users see the old one, so that nothing else shows the error. */
  const warnOfPath = (place: string, error: unknown) =>
    warnings.warn(place, DEV && `${place}: the new path failed; using the old path`, error)

  return {
    get context() {
      return binding.context
    },
    isEnabled,
    value: (key, fallback, own) => details(key, fallback as JsonValue, own).value,
    details,
    track,
    error: () => track('error'),
    fail(key, error) {
      recordOutcome(binding.lastExposed.get(key), 'error')
      if (error !== undefined) warnOfPath(`fail("${key}")`, error)
    },
    guard(key, next, old) {
      const isOn = isEnabled(key)
      // Outcomes belong to this exposure, even if the context has another variant by then.
      const exposure = binding.lastExposed.get(key)
      const run = () => {
        const endTrial = isOn && circuits.trial(key)
        if (!endTrial) {
          // An open circuit is no failure: the old path, which is compared, has none.
          if (isOn) recordOutcome(exposure, 'kept-off')
          return old()
        }
        return runGuarded(
          next,
          () => endTrial(true),
          (error) => {
            endTrial(false)
            recordOutcome(exposure, 'error')
            warnOfPath(`guard("${key}")`, error)
            return old(error)
          },
        )
      }
      if (!exposure) return run()
      const startedAt = elapsed()
      const measure = () => recordOutcome(exposure, 'latency', elapsed() - startedAt)
      return runGuarded(run, measure, (error) => {
        measure()
        recordOutcome(exposure, 'error')
        throw error
      })
    },
  }
}

function merged(context: EvaluationContext, own: EvaluationContext | undefined): EvaluationContext {
  return own ? mergeContexts(context, own) : context
}
