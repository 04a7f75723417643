import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const ID = /^[\w.:/+=~-]{1,100}$/
/** @see https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/**
 * Returns the id of a request: that of its `x-request-id`, else the trace of its `traceparent`,
 * else a new one.
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && ID.test(given)) return given
  const parent = headers.traceparent
  const trace = typeof parent === 'string' ? TRACE_PARENT.exec(parent)?.[1] : undefined
  return trace ?? randomUUID()
}
