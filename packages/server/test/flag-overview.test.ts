import { describe, expect, onTestFinished, test } from 'vitest'
import { createFlags } from '../../sdk-node/src/index.ts'
import { startShopServer, type TestServer } from './http-server.ts'

interface Overview {
  readonly flag: { readonly key: string; readonly layers: object }
  readonly matrix: {
    readonly instances: readonly string[]
    readonly flags: readonly { readonly cells: Readonly<Record<string, string>> }[]
  }
  readonly scope: string
  readonly version: number
  readonly resolved: object
  readonly rollouts: readonly object[]
  readonly cell?: {
    readonly layers: readonly object[]
    readonly connected: number
    readonly sdks: readonly object[]
    readonly exposures: readonly object[]
  }
}

const PATH = 'flags/new-checkout/overview'
const overviewOf = async (server: TestServer, query = '', key?: string) =>
  (await server.ask<Overview>('GET', PATH + query, { ...(key && { key }) })).body

const step = { audience: { share: 15 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const plan = {
  waves: [
    { name: 'Pilot', instances: { keys: ['acme'] }, steps: [step] },
    { name: 'All', instances: { rest: true }, steps: [step] },
  ],
  holdback: null,
}

describe('the overview of a flag', () => {
  test('has what the flag, its matrix and its resolved configuration have', async () => {
    await using server = await startShopServer()
    const read = async (path: string) => (await server.ask('GET', path)).body
    const overview = await overviewOf(server, '?scope=production/acme')

    expect(overview).toEqual({
      flag: await read('flags/new-checkout'),
      matrix: await read('matrix?query=flag:new-checkout'),
      scope: 'production/acme',
      version: 5,
      resolved: await read('flags/new-checkout/resolved?scope=production/acme'),
      rollouts: [],
    })
  })

  test('looks at the environment that matters most by default', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 9 } })
    expect(await overviewOf(server)).toMatchObject({ scope: 'staging', version: 0 })
    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    expect(await overviewOf(server)).toMatchObject({ scope: 'production' })
  })

  test('names the version of a layer that was deleted, for the next write', async () => {
    await using server = await startShopServer()
    const layer = 'flags/new-checkout/layers/production/acme'
    await server.ask('DELETE', layer)
    const { version } = await overviewOf(server, '?scope=production/acme')
    const headers = { 'if-match': `"${version}"` }
    expect((await server.ask('PUT', layer, { body: { on: true }, headers })).status).toBe(200)
  })

  test('lists the rollouts in progress where the scope is served, with its run', async () => {
    await using server = await startShopServer()
    const start = { key: 'r1', flag: 'new-checkout', environment: 'production', plan }
    await server.ask('POST', 'rollouts', { body: start })
    const rolloutsIn = async (scope: string) =>
      (await overviewOf(server, `?scope=${scope}`)).rollouts
    const r1 = { key: 'r1', environment: 'production' }
    await expect.poll(() => rolloutsIn('production/acme')).toEqual([{ ...r1, state: 'waiting' }])
    expect(await rolloutsIn('production/globex')).toEqual([{ ...r1, state: 'pending' }])
    expect(await rolloutsIn('*')).toEqual([r1])
    await server.ask('POST', 'environments', { body: { key: 'staging' } })
    expect(await rolloutsIn('staging')).toEqual([])

    const key = await server.makeKey('admin', 'production/acme')
    expect(await overviewOf(server, '?scope=production/acme', key)).toMatchObject({ rollouts: [] })
  })

  test('hides other instances, and says which scopes do not exist', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('admin', 'production/globex')
    const seen = await overviewOf(server, '', key)
    expect(seen).toMatchObject({ scope: 'production', flag: { layers: {} } })
    expect(seen.matrix.instances).toEqual(['globex'])
    const statusOf = async (scope: string, by?: string) =>
      (await server.ask('GET', `${PATH}?scope=${scope}`, { ...(by && { key: by }) })).status
    expect(await statusOf('production/acme', key)).toBe(404)
    expect(await statusOf('production/nobody')).toBe(404)
  })

  test('is sent again only after a change', async () => {
    await using server = await startShopServer()
    const { headers } = await server.ask('GET', PATH)
    const held = { headers: { 'if-none-match': headers.get('etag')! } }
    expect((await server.ask('GET', PATH, held)).status).toBe(304)
    await server.ask('PATCH', 'flags/new-checkout', { body: { owner: 'Ada' } })
    expect((await server.ask('GET', PATH, held)).status).toBe(200)
  })
})

describe('the overview of a cell', () => {
  /** Connects an SDK of a scope until the test ends, and lets it evaluate the flag. */
  async function connect(server: TestServer, scope: string, times: number) {
    const flags = createFlags({ url: server.url, key: await server.makeKey('server', scope) })
    onTestFinished(() => flags.close())
    await flags.ready()
    for (let i = 0; i < times; i += 1) flags.isEnabled('new-checkout')
    await flags.flush()
  }
  const cellOf = async (server: TestServer, scope: string, key?: string) =>
    (await overviewOf(server, `?scope=${scope}&cell=true`, key)).cell!

  test('names who set each layer and why, the programs and their exposures', async () => {
    await using server = await startShopServer()
    const layers = 'flags/new-checkout/layers'
    await server.ask('PUT', `${layers}/production?reason=Not+yet`, { body: { on: false } })
    await server.ask('DELETE', `${layers}/production/acme?reason=No+longer+needed`)
    await connect(server, 'production/acme', 3)
    await connect(server, 'production/globex', 2)

    const by = expect.any(String)
    const at = expect.any(String)
    expect(await cellOf(server, 'production/acme')).toEqual({
      layers: [
        { scope: '*', version: 4, at, by, action: 'flag.create' },
        { scope: 'production', version: 6, at, by, action: 'layer.set', reason: 'Not yet' },
        {
          scope: 'production/acme',
          version: 7,
          at,
          by,
          action: 'layer.delete',
          reason: 'No longer needed',
        },
      ],
      connected: 1,
      confirmed: 1,
      sdks: [
        {
          ...{ id: expect.any(String), name: expect.stringMatching(/^@flaghoist\/node\//) },
          ...{ scope: 'production/acme', audience: 'server', confirmed: true },
          version: expect.any(Number),
        },
      ],
      exposures: [{ variant: 'off', count: 3, units: 0 }],
      lastExposureAt: expect.stringMatching(/:00\.000Z$/),
    })
    // Programs of instances hold other rulesets than those of the environment.
    expect(await cellOf(server, 'production')).toMatchObject({
      ...{ layers: [{ scope: '*' }, { scope: 'production' }], connected: 0, sdks: [] },
      exposures: [],
    })
    expect(await overviewOf(server, '?scope=production/acme')).not.toHaveProperty('cell')
  })

  test('hides what a bound key may not see', async () => {
    await using server = await startShopServer()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: false } })
    await connect(server, 'production', 1)
    await connect(server, 'production/acme', 1)
    const key = await server.makeKey('admin', 'production/acme')

    expect(await cellOf(server, 'production', key)).toMatchObject({
      ...{ layers: [{ scope: '*' }, { scope: 'production' }], connected: 0, sdks: [] },
      exposures: [],
    })
    expect(await cellOf(server, 'production')).toMatchObject({
      ...{ connected: 1, exposures: [{ count: 1 }] },
    })
    expect(await cellOf(server, 'production/acme', key)).toMatchObject({
      ...{ connected: 1, exposures: [{ count: 1 }] },
    })
  })
})
