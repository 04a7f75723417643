import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'
import { loadDocument, operationsOf } from './openapi-operations.ts'

let server: TestServer
let key: string
/** `<METHOD> <path>` of every operation that may respond with 204 or 304. */
let bodiless: readonly string[]

beforeAll(async () => {
  server = await startShopServer()
  key = await server.makeKey('client', 'production/acme')
  await server.ask('POST', 'segments', { body: { key: 'beta-testers' } })
  const rollout = { key: 'r1', flag: 'new-checkout', environment: 'production' }
  await server.ask('POST', 'rollouts', { body: rollout })
  // The times of a rollout in progress change with each response.
  await server.ask('POST', 'rollouts/r1/abort?reason=Test', { body: { leave: true } })
  bodiless = operationsOf(await loadDocument(server.url))
    .filter(({ responses }) => '204' in responses || '304' in responses)
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
})
afterAll(() => server[Symbol.asyncDispose]())

/**
 * Sends a request and another one behind it on the same connection. Returns the head of the first
 * response, and the rest, which starts with the second one unless the first has a body.
 */
async function exchange(request: string, headers: Record<string, string>, body = '') {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const lines = Object.entries({
    host: hostname,
    ...headers,
    ...(body && { 'content-type': 'application/json', 'content-length': String(body.length) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${request} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  socket.write(`GET /livez HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`)
  const received = await text(socket)
  const end = received.indexOf('\r\n\r\n')
  return { head: received.slice(0, end), rest: received.slice(end + 4) }
}

function expectNoBody({ head, rest }: { head: string; rest: string }, status: number): void {
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(head).not.toMatch(/content-length|content-type|transfer-encoding/i)
  expect(rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
}

describe('a response of 304', () => {
  test.for([
    ['GET /sdk/v1/ruleset', ''],
    ['HEAD /sdk/v1/ruleset', ''],
    ['POST /ofrep/v1/evaluate/flags', '{"context":{"targetingKey":"ada"}}'],
    ['GET /api/v1/projects/default/attention', ''],
    ['GET /api/v1/projects/default/matrix', ''],
    ['GET /api/v1/projects/default/drift?scopes=production', ''],
    ['GET /api/v1/projects/default/scopes', ''],
    ['GET /api/v1/projects/default/instance-usage', ''],
    ['GET /api/v1/projects/default/flags/new-checkout/exposures', ''],
    ['GET /api/v1/projects/default/flags/new-checkout/overview', ''],
    ['GET /api/v1/projects/default/flags/new-checkout/usage', ''],
    ['GET /api/v1/projects/default/rollouts/r1/overview', ''],
    ['GET /api/v1/projects/default/segments/beta-testers/overview', ''],
  ] as const)('has no body, no length and no type: %s', async ([request, body]) => {
    const authorization = `Bearer ${request.includes('/api/') ? ADMIN_KEY : key}`
    const first = await exchange(request, { authorization }, body)
    const etag = /etag: (\S+)/i.exec(first.head)?.[1] ?? ''

    const second = await exchange(request, { authorization, 'if-none-match': etag }, body)

    expectNoBody(second, 304)
  })

  test('is tested for every operation that can send one', () => {
    expect(bodiless.toSorted()).toEqual([
      'GET /api/v1/projects/{project}/attention',
      'GET /api/v1/projects/{project}/drift',
      'GET /api/v1/projects/{project}/flags/{flag}/exposures',
      'GET /api/v1/projects/{project}/flags/{flag}/overview',
      'GET /api/v1/projects/{project}/flags/{flag}/usage',
      'GET /api/v1/projects/{project}/instance-usage',
      'GET /api/v1/projects/{project}/matrix',
      'GET /api/v1/projects/{project}/rollouts/{rollout}/overview',
      'GET /api/v1/projects/{project}/scopes',
      'GET /api/v1/projects/{project}/segments/{key}/overview',
      'GET /sdk/v1/ruleset',
      'POST /ofrep/v1/evaluate/flags',
    ])
  })
})

test('a preflight has no body, no length and no type on every route of SDKs', async () => {
  const { paths } = await loadDocument(server.url)
  const routes = Object.keys(paths).filter((path) => /^\/(sdk|ofrep)\//.test(path))
  expect(routes.length).toBeGreaterThan(4)

  for (const path of routes) {
    const preflight = await exchange(`OPTIONS ${path.replace('{key}', 'new-checkout')}`, {
      origin: 'https://shop.example',
      'access-control-request-method': 'GET',
    })
    expectNoBody(preflight, 204)
  }
})
