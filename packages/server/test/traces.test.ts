import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ADMIN_KEY, startShopServer } from './http-server.ts'
import { startNoticeReceiver } from './notice-receiver.ts'
import { openStreamClient } from './stream-client.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const LAYER = 'flags/new-checkout/layers/production'

/** Registers a tracer provider of the process, as an operator does. */
function registerTracing() {
  const exporter = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  provider.register()
  onTestFinished(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })
  const find = (name: string, attributes: object = {}) =>
    exporter.getFinishedSpans().find((span) => {
      const wanted = Object.entries(attributes)
      return span.name === name && wanted.every(([key, value]) => span.attributes[key] === value)
    })
  return {
    reset: () => exporter.reset(),
    all: () => exporter.getFinishedSpans(),
    /** Waits for the end of a span. */
    ended: (name: string, attributes?: object) =>
      vi.waitFor(() => {
        const span = find(name, attributes)
        if (span === undefined) throw new Error(`no span ${name}`)
        return span
      }, 10_000),
  }
}

const idOf = (span: ReadableSpan) => span.spanContext().spanId
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

test('traces a request and the steps of its commit in the trace of the client', async () => {
  const spans = registerTracing()
  await using server = await startShopServer()
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01` }
  spans.reset()

  const { headers: replied } = await server.ask('PUT', LAYER, { body: { on: true }, headers })

  const route = '/api/v1/projects/:project/flags/:flag/layers/:scope'
  const request = await spans.ended(`PUT ${route}`)
  const [commit, turn, append] = await Promise.all(
    ['flaghoist.commit', 'flaghoist.commit.turn', 'flaghoist.commit.append'].map((name) =>
      spans.ended(name),
    ),
  )
  expect(request.kind).toBe(SpanKind.SERVER)
  expect(request.attributes).toEqual({
    'http.request.method': 'PUT',
    'http.route': route,
    'url.path': `/api/v1/projects/default/${LAYER}`,
    'url.scheme': 'http',
    'http.response.status_code': 200,
    'flaghoist.request.id': expect.any(String),
  })
  expect(commit!.attributes).toEqual({
    'flaghoist.project': 'default',
    'flaghoist.action': 'layer.set',
    'flaghoist.urgent': false,
    'flaghoist.result': 'committed',
    'flaghoist.version': Number(replied.get('flaghoist-version')),
  })
  const chain = [request, commit!, turn!, append!]
  expect(chain.map(parentOf)).toEqual([CALLER, ...chain.slice(0, 3).map(idOf)])
  for (const span of chain) expect(span.spanContext().traceId).toBe(TRACE)
  expect(JSON.stringify(spans.all().map(({ attributes }) => attributes))).not.toContain(ADMIN_KEY)
})

test('a refused write is no failure of the server, and names its code', async () => {
  const spans = registerTracing()
  await using server = await startShopServer()

  await server.ask('PUT', 'flags/absent/layers/production', { body: { on: true } })

  const commit = await spans.ended('flaghoist.commit', { 'error.type': 'ENTITY_NOT_FOUND' })
  const request = await spans.ended('PUT /api/v1/projects/:project/flags/:flag/layers/:scope', {
    'http.response.status_code': 404,
  })
  for (const { status } of [commit, request]) expect(status.code).toBe(SpanStatusCode.UNSET)
})

test('a request that authentication refuses, and one to no route, have a span each', async () => {
  const spans = registerTracing()
  await using server = await startShopServer()

  await server.ask('GET', 'flags', { key: null })
  await server.ask('GET', '/no/such-path')

  const status = 'http.response.status_code'
  await spans.ended('GET /api/v1/projects/:project/flags', { [status]: 401 })
  expect((await spans.ended('GET', { [status]: 404 })).attributes['http.route']).toBeUndefined()
})

test('direct routes and streams have no span', async () => {
  const spans = registerTracing()
  const server = await startShopServer()
  const key = await server.makeKey('server', 'production')
  spans.reset()

  const client = await openStreamClient(server.url, key, { sdkId: 'sdk-one' })
  await client.until('the ruleset', () => client.ruleset !== undefined)
  await server.ask('GET', '/sdk/v1/ruleset', { key })
  await server.ask('GET', '/sdk/v1/ruleset?scope=production', { key })
  await server.server.close()
  await client.until('the end', () => client.isClosed)

  // The query takes the second request to the router.
  expect(spans.all().map(({ name }) => name)).toEqual(['GET /sdk/v1/ruleset'])
})

test('traces each attempt to send a message, apart from the request and without its URL', async () => {
  const spans = registerTracing()
  await using receiver = await startNoticeReceiver()
  receiver.respondWith(500)
  await using server = await startShopServer({ FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' })
  const url = `${receiver.url}/hooks/planted-token`
  await server.ask('POST', 'subscriptions', { body: { key: 'ops', channel: 'webhook', url } })

  await server.ask('POST', 'flags/new-checkout/kill?reason=test')

  const failed = await spans.ended('flaghoist.delivery', { 'http.response.status_code': 500 })
  expect(failed).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.ERROR } })
  expect(failed.parentSpanContext).toBeUndefined()
  expect(failed.attributes).toMatchObject({
    'flaghoist.project': 'default',
    'flaghoist.subscription': 'ops',
    'flaghoist.channel': 'webhook',
    'flaghoist.message.type': 'notice.killed',
    'error.type': '500',
  })
  const told = spans.all().map(({ attributes, events, status }) => [attributes, events, status])
  expect(JSON.stringify(told)).not.toContain('planted')
})

test('traces the transitions of a rollout with the commits that they lead to', async () => {
  const spans = registerTracing()
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  const key = await server.makeKey('server', 'production')
  const sdk = await openStreamClient(server.url, key, { sdkId: 'sdk-one' })
  const step = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
  const plan = { waves: [{ name: 'All', instances: { rest: true }, steps: [step] }] }

  await server.ask('POST', 'rollouts', {
    body: { key: 'r1', flag: 'search', environment: 'production', plan },
  })

  const attributes = { 'flaghoist.action': 'run.expose', 'flaghoist.rollout': 'r1' }
  const transition = await spans.ended('flaghoist.rollout.transition', attributes)
  expect(transition.attributes['flaghoist.scope']).toMatch(/^production/)
  const commits = spans.all().filter(({ name }) => name === 'flaghoist.commit')
  const [commit] = commits.filter((span) => parentOf(span) === idOf(transition))
  expect(commit!.attributes).toMatchObject({
    'flaghoist.action': 'run.expose',
    'flaghoist.result': 'committed',
  })
  sdk.close()
})
