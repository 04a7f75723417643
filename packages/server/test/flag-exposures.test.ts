import type { Ruleset } from '@flaghoist/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { HOUR_MS, startOfMinute } from '../src/time.ts'
import { startShopServer, type TestServer } from './http-server.ts'

const PATH = 'flags/new-checkout/exposures'
const ada = '00000000000000aa'
const bob = 'ffffffffffffffbb'

interface FlagExposures {
  readonly variants: readonly object[]
  readonly scopes: readonly { readonly scope: string; readonly variants: readonly object[] }[]
}

/** Returns a function that reports exposures of a scope in the present minute. */
async function reporterOf(server: TestServer, scope: string) {
  const key = await server.makeKey('server', scope)
  return async (...items: readonly object[]) => {
    const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
    const { revision } = body.flags['new-checkout']!
    const minute = startOfMinute(Date.now())
    const exposures = items.map((item) => ({
      ...{ flag: 'new-checkout', variant: 'on', reason: 'STATIC', revision, minute, count: 1 },
      ...item,
    }))
    const batch = { id: crypto.randomUUID(), exposures }
    const sdk = { id: 'sdk-1', name: 'test/1' }
    const { body: result } = await server.ask('POST', '/sdk/v1/events', {
      key,
      body: { sdk, batch },
    })
    expect(result).toMatchObject({ dropped: 0 })
  }
}

const exposuresOf = async (server: TestServer, key?: string) =>
  (await server.ask<FlagExposures>('GET', PATH, { ...(key && { key }) })).body

describe('the exposures of a flag', () => {
  test('add up by scope and variant, whatever their revision and reason', async () => {
    await using server = await startShopServer()
    const acme = await reporterOf(server, 'production/acme')
    const globex = await reporterOf(server, 'production/globex')
    const layer = 'flags/new-checkout/layers/production/acme'

    expect(await exposuresOf(server)).toEqual({ variants: [], scopes: [] })
    await acme({ count: 3 }, { variant: 'off', reason: 'TARGETING_MATCH', count: 4 })
    await server.ask('PUT', layer, { body: { on: true, rollout: { percent: 100 } } })
    const placed = { arm: 'treatment', reason: 'SPLIT', count: 2, units: [ada, bob] }
    await acme(placed, { variant: undefined, reason: 'DISABLED' })
    await globex({ variant: 'off', reason: 'DISABLED', count: 5 })

    const lastAt = expect.stringMatching(/:00\.000Z$/)
    expect(await exposuresOf(server)).toEqual({
      variants: [
        { variant: 'on', count: 5, units: 2 },
        { variant: 'off', count: 9, units: 0 },
        { variant: '', count: 1, units: 0 },
      ],
      scopes: [
        {
          ...{ scope: 'production/acme', lastAt, count: 10 },
          variants: [
            { variant: 'on', count: 5, units: 2 },
            { variant: 'off', count: 4, units: 0 },
            { variant: '', count: 1, units: 0 },
          ],
        },
        {
          ...{ scope: 'production/globex', lastAt, count: 5 },
          variants: [{ variant: 'off', count: 5, units: 0 }],
        },
      ],
    })
  })

  test('leave the counts after a day, while the scope and its last exposure stay', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: now - 25 * HOUR_MS })
    onTestFinished(() => void vi.useRealTimers())
    await using server = await startShopServer()
    const acme = await reporterOf(server, 'production/acme')
    const globex = await reporterOf(server, 'production/globex')
    await acme({})
    const last = startOfMinute(Date.now())
    vi.setSystemTime(now)
    await globex({ count: 2 })

    expect(await exposuresOf(server)).toMatchObject({
      variants: [{ variant: 'on', count: 2 }],
      scopes: [
        {
          scope: 'production/acme',
          lastAt: new Date(last).toISOString(),
          count: 0,
          variants: [],
        },
        { scope: 'production/globex', count: 2 },
      ],
    })
  })

  test('of other instances are hidden, and those of an unknown flag are refused', async () => {
    await using server = await startShopServer()
    await (await reporterOf(server, 'production/acme'))({})
    await (await reporterOf(server, 'production/globex'))({ count: 2 })

    const key = await server.makeKey('admin', 'production/globex')
    expect(await exposuresOf(server, key)).toMatchObject({
      variants: [{ variant: 'on', count: 2 }],
      scopes: [{ scope: 'production/globex' }],
    })
    expect((await server.ask('GET', 'flags/none/exposures')).status).toBe(404)
  })

  test('are sent again only after a report', async () => {
    await using server = await startShopServer()
    const acme = await reporterOf(server, 'production/acme')
    await acme({})
    const { headers } = await server.ask('GET', PATH)
    const held = { headers: { 'if-none-match': headers.get('etag')! } }
    expect((await server.ask('GET', PATH, held)).status).toBe(304)
    await acme({})
    expect((await server.ask('GET', PATH, held)).status).toBe(200)
  })
})
