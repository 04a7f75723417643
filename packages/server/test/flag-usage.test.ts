import { expect, onTestFinished, test } from 'vitest'
import { createFlags } from '../../sdk-node/src/index.ts'
import { startShopServer, type TestServer } from './http-server.ts'

const PATH = 'flags/new-checkout/usage'

interface Usage {
  readonly connected: number
  readonly sdks: readonly { readonly scope: string; readonly offlineSince?: string }[]
}

/** Connects an SDK of a scope until the test ends. */
async function connect(server: TestServer, scope: string, kind: 'server' | 'client' = 'server') {
  const flags = createFlags({ url: server.url, key: await server.makeKey(kind, scope) })
  onTestFinished(() => flags.close())
  await flags.ready()
  return flags
}

const usageOf = async (server: TestServer, key?: string) =>
  (await server.ask<Usage>('GET', PATH, { ...(key && { key }) })).body

test('the use of a flag lists the SDKs that receive it, also after they went offline', async () => {
  await using server = await startShopServer()
  await connect(server, 'production/globex')
  const acme = await connect(server, 'production/acme')
  const sdk = { name: expect.stringMatching(/^@flaghoist\/node\//), audience: 'server' }
  expect(await usageOf(server)).toMatchObject({
    connected: 2,
    sdks: [
      { ...sdk, scope: 'production/acme', confirmed: true },
      { ...sdk, scope: 'production/globex', confirmed: true },
    ],
  })
  const { headers } = await server.ask('GET', PATH)
  const held = { headers: { 'if-none-match': headers.get('etag')! } }
  expect((await server.ask('GET', PATH, held)).status).toBe(304)

  await acme.close()
  await expect
    .poll(() => usageOf(server))
    .toMatchObject({
      connected: 1,
      sdks: [{ scope: 'production/acme', offlineSince: expect.stringMatching(/\.000Z$/) }, {}],
    })
  const key = await server.makeKey('admin', 'production/globex')
  expect((await usageOf(server, key)).sdks).toMatchObject([{ scope: 'production/globex' }])
})

test('the use of a flag leaves out SDKs that do not receive it', async () => {
  await using server = await startShopServer()
  await connect(server, 'production', 'client')
  expect(await usageOf(server)).toMatchObject({ connected: 0, sdks: [] })
  await server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
  expect(await usageOf(server)).toMatchObject({ connected: 1, sdks: [{ audience: 'client' }] })
  await server.ask('DELETE', 'flags/new-checkout')
  expect(await usageOf(server)).toMatchObject({ connected: 0, sdks: [] })
})
