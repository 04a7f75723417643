import {
  type Attributes,
  context,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { serverTracer } from '../in-span.ts'

/** The spans of requests in progress. */
const spans = new WeakMap<FastifyRequest, Span>()

/** Returns the id of the trace that a request is part of; undefined without a tracer provider. */
export function traceIdOf(request: FastifyRequest): string | undefined {
  return spans.get(request)?.spanContext().traceId
}

/**
 * Traces each request of the router in the trace that its client names. Streams have no span,
 * because they last for minutes. Direct routes have none, because a span would cost more than their
 * response. Without a tracer provider, requests pay nothing.
 */
export function traceRequests(app: FastifyInstance): void {
  if (!hasTracerProvider()) return
  const tracer = serverTracer()

  app.addHook('onRequest', async (request, { raw: response }) => {
    if (request.routeOptions.config.isStream) return
    const parent = propagation.extract(context.active(), request.headers)
    const options = { kind: SpanKind.SERVER, attributes: attributesOf(request) }
    const span = tracer.startSpan(nameOf(request), options, parent)
    spans.set(request, span)
    // Also after a client that does not wait for its response.
    response.once('close', () => endWith(span, response.statusCode))
  })
  // Reading a body loses the context, so it is entered after that.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else context.with(trace.setSpan(context.active(), span), done)
  })
}

function hasTracerProvider(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('') !== undefined
}

function nameOf({ method, routeOptions: { url } }: FastifyRequest): string {
  return url === undefined ? method : `${method} ${url}`
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
function attributesOf(request: FastifyRequest): Attributes {
  const { method, routeOptions, originalUrl, protocol, id } = request
  return {
    'http.request.method': method,
    'http.route': routeOptions.url,
    'url.path': originalUrl.split('?', 1)[0],
    'url.scheme': protocol,
    'flaghoist.request.id': id,
  }
}

function endWith(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) {
    span.setAttribute('error.type', String(status))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
