import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Usage {
  readonly key: string
  readonly environments: readonly string[]
  readonly connected: number
  readonly versions: readonly number[]
  readonly overrides: number
  readonly waiting: readonly { readonly state: string; readonly count: number }[]
}

const usageOf = async (server: TestServer, query = '', key?: string) => {
  const path = `instance-usage${query}`
  const { body } = await server.ask<{ items: Usage[]; next?: string }>('GET', path, {
    ...(key && { key }),
  })
  return body
}

async function connect(server: TestServer, scope: string) {
  const flags = createFlags({ url: server.url, key: await server.makeKey('server', scope) })
  onTestFinished(() => flags.close())
  await flags.ready()
}

test('instances are listed with their SDKs, their layers and what waits for a person', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  await server.ask('POST', 'flags', { body: { key: 'old' } })
  await server.ask('PUT', 'flags/old/layers/production/acme', { body: { on: true } })
  await server.ask('DELETE', 'flags/old')
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'flags/search/kill', {
    body: { scopes: ['production/acme', 'staging'] },
  })
  await connect(server, 'production/acme')
  await connect(server, 'staging/acme')
  await connect(server, 'production')

  await expect
    .poll(async () => (await usageOf(server)).items)
    .toEqual([
      expect.objectContaining({
        key: 'acme',
        tags: { region: 'eu' },
        environments: ['production', 'staging'],
        connected: 2,
        versions: [expect.any(Number)],
        // The archived flag does not count. The kill is a layer too.
        overrides: 2,
        waiting: [{ state: 'killed', count: 2 }],
      }),
      expect.objectContaining({
        key: 'globex',
        environments: [],
        connected: 0,
        versions: [],
        overrides: 0,
        waiting: [{ state: 'killed', count: 1 }],
      }),
    ])

  const first = await usageOf(server, '?limit=1')
  expect(first.next).toBe('acme')
  expect((await usageOf(server, `?limit=1&cursor=${first.next}`)).items).toEqual([
    expect.objectContaining({ key: 'globex', waiting: [{ state: 'killed', count: 1 }] }),
  ])
})

test('a key of an environment counts in this environment only', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  await server.ask('POST', 'flags/new-checkout/kill', { body: { scopes: ['*'] } })
  await connect(server, 'production/acme')
  const key = await server.makeKey('admin', 'staging')
  const { items } = await usageOf(server, '', key)
  expect(
    items.map(({ connected, overrides, waiting }) => ({ connected, overrides, waiting })),
  ).toEqual(
    ['acme', 'globex'].map(() => ({
      connected: 0,
      overrides: 0,
      waiting: [{ state: 'killed', count: 1 }],
    })),
  )

  const { headers } = await server.ask('GET', 'instance-usage', { key })
  const held = { key, headers: { 'if-none-match': headers.get('etag')! } }
  expect((await server.ask('GET', 'instance-usage', held)).status).toBe(304)
})
