import { expect, test } from 'vitest'
import { createFlags } from '../../sdk-node/src/index.ts'
import { startShopServer, type TestServer } from './http-server.ts'

const WAVES = [
  {
    name: 'All',
    instances: { rest: true },
    steps: [{ audience: { share: 50 }, minMinutes: 0, minUnits: 0, gate: 'manual' }],
  },
]

const usage = async ({ ask }: TestServer, key?: string) => {
  const { body } = await ask<{ items: readonly Record<string, unknown>[] }>(
    'GET',
    'metric-usage',
    key === undefined ? {} : { key },
  )
  return new Map(body.items.map((item) => [item.key, item]))
}

test('the usage of metrics names the plans and rollouts that they judge', async () => {
  await using server = await startShopServer()
  const { ask } = server
  await ask('POST', 'metrics', { body: { key: 'clicks', kind: 'conversion', role: 'shown' } })
  await ask('PATCH', 'metrics/error', { body: { margin: 3 } })
  await ask('POST', 'plans', { body: { key: 'by-clicks', waves: WAVES, metrics: ['clicks'] } })
  const started = { key: 'r1', flag: 'new-checkout', environment: 'production', plan: 'by-clicks' }
  await ask('POST', 'rollouts', { body: started })

  const found = await usage(server)
  const byDefault = ['cautious', 'standard', 'fast']
  expect([...found.keys()]).toEqual(['error', 'alive', 'latency', 'clicks'])
  expect(found.get('error')).toMatchObject({ origin: 'changed', margin: 3, plans: byDefault })
  expect(found.get('alive')).toMatchObject({ origin: 'built-in', plans: byDefault, rollouts: [] })
  expect(found.get('clicks')).toEqual({
    key: 'clicks',
    name: 'clicks',
    kind: 'conversion',
    role: 'shown',
    margin: 0,
    origin: 'own',
    plans: ['by-clicks'],
    rollouts: ['r1'],
  })

  const key = await server.makeKey('admin', 'production/acme')
  expect((await usage(server, key)).get('clicks')).toMatchObject({ plans: [], rollouts: [] })
})

test('a metric has the hour of its last outcome, as far as the key may see it', async () => {
  await using server = await startShopServer()
  const half = { on: true, rollout: { percent: 50 }, fallthrough: { variant: 'off' } }
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: half })
  const key = await server.makeKey('server', 'production/acme')
  const flags = createFlags({ url: server.url, key })
  await flags.ready()
  const ada = flags.for({ targetingKey: 'ada' })
  ada.isEnabled('new-checkout')
  ada.track('error')
  await flags.close()

  const { lastOutcomeAt } = (await usage(server)).get('error') as { lastOutcomeAt: string }
  const age = Date.now() - Date.parse(lastOutcomeAt)
  expect(age).toBeGreaterThanOrEqual(0)
  expect(age).toBeLessThan(2 * 3_600_000)
  expect((await usage(server)).get('latency')).not.toHaveProperty('lastOutcomeAt')
  const globex = await server.makeKey('admin', 'production/globex')
  expect((await usage(server, globex)).get('error')).not.toHaveProperty('lastOutcomeAt')
})
