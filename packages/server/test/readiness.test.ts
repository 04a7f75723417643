import { createFlags } from '@flaghoist/node'
import { expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Readiness {
  readonly isReady: boolean
  readonly items: readonly { check: string; isMet: boolean; text: string; fix?: string }[]
  readonly risk: {
    readonly evaluations: number
    readonly scopes: readonly { scope: string; evaluations: number }[]
    readonly dependants: readonly string[]
    readonly incidents: readonly { kind: string; flag: string; scope: string; text: string }[]
  }
}

const readiness = (server: TestServer, key?: string) =>
  server.ask<Readiness>('GET', 'flags/search/readiness?environment=production', key ? { key } : {})
const unmet = ({ items }: Readiness) =>
  items.filter(({ isMet }) => !isMet).map(({ check }) => check)

test('the checklist is met by real SDKs and by following its fixes', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'flags', {
    body: { key: 'filters', prerequisites: [{ flag: 'search', variants: ['on'] }] },
  })
  const first = (await readiness(server)).body
  expect(unmet(first)).toEqual([
    'sdks-connected',
    'old-path-exercised',
    'owner-set',
    'removal-planned',
  ])
  expect(first.risk).toMatchObject({ dependants: ['filters'], evaluations: 0 })

  const fixes = first.items.filter(({ fix }) => fix?.startsWith('PATCH'))
  for (const { fix = '' } of fixes) {
    const [method = '', path = '', ...body] = fix.split(' ')
    const { status } = await server.ask(method, path, { body: body.join(' ') })
    expect(status).toBe(200)
  }
  const made = await Promise.all(
    ['acme', 'globex'].map(async (name) => {
      const key = await server.makeKey('server', `production/${name}`)
      const flags = createFlags({ url: server.url, key })
      await flags.ready()
      flags.isEnabled('search', { targetingKey: 'ada' })
      await flags.flush()
      return flags
    }),
  )
  const { body } = await readiness(server)
  expect(unmet(body)).toEqual([])
  expect(body).toMatchObject({ isReady: true, risk: { evaluations: 2 } })
  await Promise.all(made.map((flags) => flags.close()))
})

test('it names kills, freezes and a rollout in progress, and remembers them as incidents', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'rollouts', {
    body: { key: 'r1', flag: 'search', environment: 'production' },
  })
  await server.ask('POST', 'flags/new-checkout/kill', {
    body: { scopes: ['production/acme'], reason: 'Payments failed' },
  })
  await server.ask('POST', 'flags/search/kill', { body: { reason: 'Slow' } })
  const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
  await server.ask('POST', 'freezes', { body: { key: 'sale', window } })

  const { body } = await readiness(server)
  expect(unmet(body)).toEqual(expect.arrayContaining(['not-frozen', 'no-rollout', 'not-killed']))
  expect(body.risk.incidents).toMatchObject([
    { kind: 'kill', flag: 'search', text: 'Slow' },
    { kind: 'kill', flag: 'new-checkout', scope: 'production/acme', text: 'Payments failed' },
  ])
})

test('it refuses a key of one scope, and a flag that serves the new variant already', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  const bound = await server.makeKey('admin', 'production/acme')
  expect(await readiness(server, bound)).toMatchObject({ body: { code: 'PROJECT_KEY_REQUIRED' } })
  await server.ask('PATCH', 'flags/search/layers/production', { body: { on: true } })
  expect(await readiness(server)).toMatchObject({
    status: 422,
    body: { code: 'ROLLOUT_UNSUITABLE' },
  })
})

test('a metric of the project must arrive from every instance', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'metrics', { body: { key: 'paid', kind: 'conversion' } })
  const half = { on: true, rollout: { percent: 50 }, fallthrough: { variant: 'off' } }
  await server.ask('PATCH', 'flags/new-checkout/layers/production', { body: half })
  await server.ask('PATCH', 'flags/new-checkout/layers/production/acme', { body: half })
  const pay = async (name: string) => {
    const key = await server.makeKey('server', `production/${name}`)
    const flags = createFlags({ url: server.url, key })
    await flags.ready()
    const user = flags.for({ targetingKey: 'ada' })
    user.isEnabled('new-checkout')
    user.track('paid')
    await flags.flush()
    await flags.close()
  }
  const item = async () =>
    (await readiness(server)).body.items.find(({ check }) => check === 'metrics-arriving')

  await pay('acme')
  expect(await item()).toMatchObject({
    isMet: false,
    text: expect.stringMatching(
      /^No outcome of paid arrived within 7 days from production\/globex\./,
    ),
    fix: expect.stringContaining('track("paid")'),
  })
  await pay('globex')
  expect(await item()).toMatchObject({ isMet: true })
})
