import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { inSpan } from '../in-span.ts'
import { type Attempted, errorTypeOf } from './outbox/attempt.ts'
import type { LanesOptions } from './outbox/lanes.ts'

/**
 * Traces each attempt to send a message, in a trace of its own: a message combines changes, and may
 * be sent hours after them. Spans contain no URL.
 */
export function traceAttempts(send: LanesOptions['send']): LanesOptions['send'] {
  return (project, subscription, message) => {
    const attributes = {
      'flaghoist.project': project,
      'flaghoist.subscription': subscription.key,
      'flaghoist.channel': subscription.channel,
      'flaghoist.message.id': message.id,
      'flaghoist.message.type': message.type,
    }
    const options = { kind: SpanKind.CLIENT, root: true, attributes }
    return inSpan('flaghoist.delivery', options, async (span) => {
      const attempted = await send(project, subscription, message)
      describe(span, attempted)
      return attempted
    })
  }
}

function describe(span: Span, attempted: Attempted): void {
  if ('status' in attempted) span.setAttribute('http.response.status_code', attempted.status)
  const errorType = errorTypeOf(attempted)
  if (errorType === undefined) return
  span.setAttribute('error.type', errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
