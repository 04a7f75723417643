import { isFlaghoistError } from '@flaghoist/core'
import { type Span, type SpanOptions, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { VERSION } from './version.ts'

/** Returns the tracer of the server. Its spans record nothing without a tracer provider. */
export function serverTracer(): Tracer {
  return trace.getTracer('@flaghoist/server', VERSION)
}

/**
 * Runs work within a span, which is the parent of the spans that the work starts. An error leaves
 * its code in the span, and no text, because texts name values of the caller.
 */
export function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return serverTracer().startActiveSpan(name, options, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      setError(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A refusal is no failure of the server. */
function setError(span: Span, error: unknown): void {
  const known = isFlaghoistError(error) ? error : undefined
  span.setAttribute('error.type', known?.code ?? nameOf(error))
  if (known === undefined || known.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER'
}
