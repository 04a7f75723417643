import {
  DEV,
  type EvaluationContext,
  type JsonValue,
  type ResolutionDetails,
} from '@flaghoist/core'
import type { Circuits } from './circuits.ts'
import type { Exposed, Exposures } from './exposures.ts'
import type { ScopedFlags } from './flags.ts'
import type { Warner } from './warner.ts'

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
  readonly happened: Exposures['happened']
  readonly circuits: Circuits
  readonly troubles: Warner
}

const METRIC = /^[a-z0-9][a-z0-9._-]{0,99}$/

/** Binds a context to a reader, and attributes what happens to it to the variants that it was exposed to. */
export function scopedFlags(
  { reader, happened, circuits, troubles }: ScopeParts,
  context: EvaluationContext,
): ScopedFlags {
  const exposed: Exposed = new Map()
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
    if (METRIC.test(metric))
      for (const exposure of exposed.values()) happened(exposure, metric, value)
    else if (DEV)
      troubles.warn(
        `metric ${metric}`,
        `"${metric}" is no name of a metric: lower-case letters, digits, ".", "_" and "-".`,
      )
  }
  const fail = (key: string) => {
    const exposure = exposed.get(key)
    if (exposure) happened(exposure, 'error')
  }

  return {
    context,
    isEnabled,
    value: (key, fallback, own) => details(key, fallback as JsonValue, own).value,
    details,
    track,
    error: () => track('error'),
    fail,
    guard(key, next, old) {
      const failed = (error: unknown) => {
        fail(key)
        circuits.failed(key)
        troubles.warn(
          `guard ${key}`,
          `The new path of "${key}" failed, the old one answers: ${String(error)}`,
        )
        return old(error)
      }
      if (!isEnabled(key) || !circuits.allows(key)) return old()
      try {
        const result = next()
        if (!isPromise(result)) {
          circuits.succeeded(key)
          return result
        }
        return result.then((value) => {
          circuits.succeeded(key)
          return value
        }, failed) as typeof result
      } catch (error) {
        return failed(error)
      }
    },
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
