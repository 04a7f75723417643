import {
  type EvaluationContext,
  type FlagReader,
  type Flags,
  type JsonValue,
  jsonText,
  type ResolutionDetails,
  type ScopedFlags,
} from '@flaghoist/client'

/** The part of OpenTelemetry's `trace` that the SDK uses. */
export interface Telemetry {
  getActiveSpan(): TelemetrySpan | undefined
}

interface TelemetrySpan {
  isRecording(): boolean
  addEvent(name: string, attributes: Attributes): unknown
}

type Attributes = Record<string, string | number | boolean>

/**
 * Wraps flags so that each evaluation is an event of the active span, with the attributes of
 * OpenTelemetry's semantic conventions.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
 */
export function withTelemetry(flags: Flags, telemetry: Telemetry): Flags {
  const observe = <R extends FlagReader>(reader: R, bound?: EvaluationContext): R => {
    const details = (key: string, fallback: JsonValue, context?: EvaluationContext) => {
      const found = reader.details(key, fallback, context)
      try {
        const span = telemetry.getActiveSpan()
        const id = context?.targetingKey ?? bound?.targetingKey
        if (span?.isRecording())
          span.addEvent('feature_flag.evaluation', attributesOf(key, id, found, flags))
      } catch {
        // A failing tracer must not fail an evaluation.
      }
      return found as ResolutionDetails<never, never>
    }
    const guard: ScopedFlags['guard'] = (key, next, old) => {
      details(key, false)
      return (reader as unknown as ScopedFlags).guard(key, next, old)
    }
    return {
      ...reader,
      ...('guard' in reader && { guard }),
      isEnabled: (key: string, context?: EvaluationContext, fallback = false) =>
        details(key, fallback, context).value,
      value: (key: string, fallback: JsonValue, context?: EvaluationContext) =>
        details(key, fallback, context).value,
      details,
    }
  }

  return { ...observe(flags), for: (context) => observe(flags.for(context), context) }
}

function attributesOf(
  key: string,
  contextId: string | undefined,
  { value, variant, reason, errorCode, errorMessage }: ResolutionDetails<JsonValue>,
  flags: Flags,
): Attributes {
  const { project, scope, version } = flags.status()
  // A variant stands for its value, which may be long or private.
  const plainValue = typeof value === 'object' ? jsonText(value) : value
  const hasVariant = variant !== undefined
  return {
    'feature_flag.key': key,
    'feature_flag.provider.name': 'flaghoist',
    'feature_flag.result.reason': reason.toLowerCase(),
    ...(hasVariant && { 'feature_flag.result.variant': variant }),
    ...(!hasVariant && { 'feature_flag.result.value': plainValue }),
    ...(contextId !== undefined && { 'feature_flag.context.id': contextId }),
    ...(project !== undefined && { 'feature_flag.set.id': `${project}/${scope}` }),
    ...(version !== undefined && { 'feature_flag.version': String(version) }),
    ...(errorCode !== undefined && { 'error.type': errorCode.toLowerCase() }),
    ...(errorMessage !== undefined && { 'feature_flag.error.message': errorMessage }),
  }
}
