import type { Change } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'
import { loadDocument, operationsOf } from './openapi-operations.ts'

const layer = 'flags/new-checkout/layers/production/acme'
const newest = 'changes?limit=1'

/** Evaluations, previews of plans, messages and sessions are in no change log. */
const UNLOGGED =
  /\/evaluate$|\/plans\/preview$|\/v1\/sessions?\b|\/subscriptions\/\{\w+\}\/(test|deliveries)/

/** Writes in an order in which each of them changes something. */
const WRITES = [
  ['POST', 'flags', { key: 'search' }],
  ['PATCH', 'flags/search', { description: 'New' }],
  ['DELETE', 'flags/search'],
  ['POST', 'flags/search/unarchive'],
  ['PUT', layer, { on: false }],
  ['PATCH', layer, { on: true }],
  ['DELETE', layer],
  ['POST', 'environments', { key: 'staging' }],
  ['PATCH', 'environments/staging', { name: 'Stage' }],
  ['DELETE', 'environments/staging'],
  ['POST', 'segments', { key: 'staff' }],
  ['POST', 'keys', { name: 'CI', kind: 'server' }],
  ['POST', 'flags/new-checkout/kill'],
  ['POST', 'flags/new-checkout/restore'],
  ['POST', 'kill', { flagTags: {} }],
] as const

describe('the reason of a write', () => {
  test('is given in the query of every write', async () => {
    await using server = await startShopServer()
    const writes = operationsOf(await loadDocument(server.url)).filter(
      ({ path, method }) => path.startsWith('/api/') && method !== 'get' && !UNLOGGED.test(path),
    )
    const without = writes.filter(
      ({ parameters = [] }) =>
        !parameters.some(({ name, in: at }) => `${at} ${name}` === 'query reason'),
    )

    expect(writes.length).toBeGreaterThan(20)
    expect(without.map(({ operationId }) => operationId)).toEqual([])
  })

  test('is kept by the change log, for every write', async () => {
    await using server = await startShopServer()
    for (const [method, path, body] of WRITES) {
      const reason = `Because ${method} ${path} – 理由`
      const { status } = await server.ask(method, `${path}?reason=${encodeURIComponent(reason)}`, {
        body,
      })
      const { body: log } = await server.ask<{ items: Change[] }>('GET', newest)
      expect([path, status, log.items[0]!.reason]).toEqual([path, expect.any(Number), reason])
    }
  })

  test.for([
    ['the query', '?reason=Too%20early', undefined],
    ['the body', '', { reason: 'Too early' }],
  ] as const)('of a revert is kept from %s', async ([, query, body]) => {
    await using server = await startShopServer()
    const { body: before } = await server.ask<{ items: Change[] }>('GET', newest)

    const { body: reverted } = await server.ask<{ change: Change }>(
      'POST',
      `changes/${before.items[0]!.seq}/revert${query}`,
      { body },
    )

    expect(reverted.change.reason).toBe('Too early')
  })

  test('is refused in the body of a write that has none, instead of being lost', async () => {
    await using server = await startShopServer()

    const { body } = await server.ask('DELETE', layer, { body: { reason: 'Done' } })

    expect(body).toMatchObject({ status: 400, hint: expect.stringContaining('?reason=…') })
    expect((await server.ask('GET', layer)).status).toBe(200)
    expect((await server.ask('DELETE', layer, { body: {} })).status).toBe(200)
  })

  test('is refused with characters that no display shows', async () => {
    await using server = await startShopServer()
    const { body } = await server.ask('DELETE', `${layer}?reason=a%00b`)
    expect(body).toMatchObject({
      status: 400,
      detail: expect.stringContaining('control characters'),
    })
  })
})
