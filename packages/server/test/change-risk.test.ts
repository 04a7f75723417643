import { expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Preview {
  readonly risk: {
    readonly score: number
    readonly factors: readonly { name: string; points: number; text: string }[]
    readonly scopes: readonly { scope: string; movedBuckets: number; closed?: string }[]
    readonly dependants: readonly string[]
    readonly incidents: readonly { kind: string; flag: string; scope: string }[]
  }
}

const preview = async (
  server: TestServer,
  scope: string,
  layer: object,
  { key, query = '' }: { readonly key?: string; readonly query?: string } = {},
) => {
  const options = { body: { scope, layer }, ...(key && { key }) }
  const path = `flags/new-checkout/preview${query}`
  const answer = await server.ask<Preview>('POST', path, options)
  expect(answer.status).toBe(200)
  return answer.body.risk
}
const pointsOf = ({ factors }: Preview['risk']) =>
  Object.fromEntries(factors.map(({ name, points }) => [name, points]))

test('a preview explains the risk of a change by its factors', async () => {
  await using server = await startShopServer()
  const kill = { scopes: ['production/globex'], reason: 'Payments fail' }
  await server.ask('POST', 'flags/new-checkout/kill', { body: kill })
  await server.ask('POST', 'flags/new-checkout/restore', { body: { scopes: kill.scopes } })
  await server.ask('POST', 'flags', {
    body: { key: 'upsell', prerequisites: [{ flag: 'new-checkout', variants: ['on'] }] },
  })
  const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
  await server.ask('POST', 'freezes', { body: { key: 'sale', window } })
  const layer = { on: true, rollout: { percent: 25 } }
  const allowed = await preview(server, 'production', layer, {
    query: '?override=freeze&reason=Now',
  })

  // The layer of acme inherits the rollout, so that three of four users there lose the variant.
  const closed = expect.stringContaining('"sale"')
  expect(allowed.scopes).toEqual([
    { scope: 'production/acme', movedBuckets: 75_000, closed },
    { scope: 'production/globex', movedBuckets: 25_000, closed },
    { scope: 'production', movedBuckets: 25_000, closed },
  ])
  expect(pointsOf(allowed)).toEqual({
    'users-moved': 30,
    scopes: 3,
    'incidents-of-flag': 10,
    dependants: 5,
    closed: 5,
  })
  expect(allowed.score).toBe(53)
  expect(allowed.dependants).toEqual(['upsell'])
  expect(allowed.incidents).toMatchObject([{ kind: 'kill', scope: 'production/globex' }])
  expect(allowed.factors[2]!.text).toMatch(
    /^The flag was rolled back or killed once within 90 days, the last on 20.* in production\/globex\.$/,
  )
})

test('a change that moves nobody has no risk, and a key of one instance sees its own', async () => {
  await using server = await startShopServer()
  expect(await preview(server, 'production/acme', { on: true })).toMatchObject({
    score: 0,
    factors: [],
    scopes: [],
  })
  await server.ask('POST', 'flags/new-checkout/kill', { body: { scopes: ['production/globex'] } })
  const key = await server.makeKey('admin', 'production/acme')
  const own = await preview(server, 'production/acme', { on: false }, { key })
  expect(own.scopes).toEqual([{ scope: 'production/acme', movedBuckets: 100_000 }])
  expect(JSON.stringify(own)).not.toContain('globex')
})

test('the preview of a wave sums up all of its scopes', async () => {
  await using server = await startShopServer()
  const body = { scopes: ['production/acme', 'production/globex'], layer: { on: false } }
  await server.ask('PATCH', 'flags/new-checkout/layers/production/globex', { body: { on: true } })
  const { body: shown } = await server.ask<Preview>('POST', 'flags/new-checkout/layers/preview', {
    body,
  })
  expect(shown.risk.scopes.map(({ scope }) => scope)).toEqual(body.scopes)
})
