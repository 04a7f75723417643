import {
  createEvaluationEvent,
  type EvaluationDetails,
  type FlagValue,
  type HookContext,
} from '@openfeature/core'

/** The part of OpenTelemetry's `trace` that the hook uses. */
export interface Telemetry {
  getActiveSpan(): TelemetrySpan | undefined
}

interface TelemetrySpan {
  isRecording(): boolean
  addEvent(name: string, attributes: Record<string, string | number | boolean>): unknown
}

/** A hook for both OpenFeature SDKs. */
export interface TelemetryHook {
  finally(hookContext: Readonly<HookContext>, details: EvaluationDetails<FlagValue>): void
}

/**
 * Creates a hook that records each evaluation, of any provider, as an event
 * `feature_flag.evaluation` of the active span.
 *
 * @param telemetry `trace` of `@opentelemetry/api`
 * @see https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
 * @example
 * OpenFeature.addHooks(createTelemetryHook(trace))
 */
export function createTelemetryHook(telemetry: Telemetry): TelemetryHook {
  return {
    finally(hookContext, details) {
      const span = telemetry.getActiveSpan()
      if (!span?.isRecording()) return
      const { name, attributes } = createEvaluationEvent(hookContext, details)
      const known = Object.entries(attributes).filter(([, value]) => value !== undefined)
      span.addEvent(name, Object.fromEntries(known.map(([key, value]) => [key, plain(value)])))
    },
  }
}

function plain(value: unknown): string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? value
    : JSON.stringify(value)
}
