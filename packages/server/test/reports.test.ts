import { expect, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

interface Report {
  readonly changes: { readonly total: number; readonly items: readonly { text: string }[] }
  readonly [list: string]: unknown
}

const step = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const plan = { waves: [{ name: 'All', instances: { rest: true }, steps: [step] }], holdback: null }

const report = (server: TestServer, query = '') => server.ask<Report>('GET', `report${query}`)

async function markdown(server: TestServer, path: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/projects/default/${path}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: 'text/markdown' },
  })
  expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
  return response.text()
}

/** A server with a rollout in acme and globex, of which globex is quarantined. */
async function givenRollout() {
  const server = await startShopServer()
  await server.ask('POST', 'flags', {
    body: { key: 'search', owner: 'ada', expectedRemovalAt: '2020-01-01T00:00:00Z' },
  })
  const clients = await Promise.all(
    ['acme', 'globex'].map(async (name) => {
      const key = await server.makeKey('server', `production/${name}`)
      return openStreamClient(server.url, key, { sdkId: name })
    }),
  )
  await server.ask('POST', 'rollouts', {
    body: { key: 'r1', flag: 'search', environment: 'production', plan },
  })
  for (const client of clients)
    await client.until('10 %', () => client.ruleset?.flags.search?.rollout?.share === 10_000)
  await server.ask('POST', 'rollouts/r1/quarantine?reason=Their%20theme%20breaks', {
    body: { scopes: ['production/globex'], owner: 'team-globex' },
  })
  const close = () => {
    for (const client of clients) client.close()
  }
  return { server, close }
}

test('the report lists the events of the period, runs in progress and open tasks', async () => {
  const { server, close } = await givenRollout()
  await using _ = server
  const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
  await server.ask('POST', 'freezes', { body: { key: 'sale', window } })
  await server.ask('PATCH', 'flags/new-checkout/layers/staging', { body: { on: true } })
  await server.ask('PATCH', 'flags/new-checkout/layers/production?override=freeze&reason=A%20fix', {
    body: { on: true },
  })
  await server.ask('POST', 'flags/new-checkout/kill', {
    body: { scopes: ['production/acme'], reason: 'Payments *failed*' },
  })

  const { status, body } = await report(server)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    kills: [{ flag: 'new-checkout', scope: 'production/acme', connected: 1 }],
    verdicts: expect.arrayContaining([
      expect.objectContaining({ rollout: 'r1', scope: 'production/acme', state: 'exposing' }),
    ]),
    overrides: [{ freezes: ['sale'], text: expect.stringContaining('A fix') }],
    quarantines: [{ scope: 'production/globex', owner: 'team-globex', flag: 'search' }],
    removals: [{ flag: 'search', owner: 'ada' }],
  })
  const decisions = body.rollouts as { action: string; scope?: string; text: string }[]
  expect(decisions.at(-1)).toMatchObject({ action: 'rollout.start' })
  expect(decisions.find(({ action }) => action === 'run.quarantine')).toMatchObject({
    scope: 'production/globex',
    text: expect.stringContaining('Their theme breaks'),
  })
  expect(decisions.filter(({ action }) => action === 'run.expose')).toHaveLength(2)

  const page = await markdown(server, 'report')
  expect(page).toContain('## Open tasks')
  expect(page).toContain('**production/globex** keeps the old path of search (owner: team-globex).')
  expect(page).toContain('Payments \\*failed\\*')
  expect(page.split('\n').length).toBeLessThan(60)
  close()
})

test('the report of an instance or of a rollout leaves out the entries of others', async () => {
  const { server, close } = await givenRollout()
  await using _ = server
  await server.ask('PATCH', 'flags/new-checkout/layers/production/globex', { body: { on: true } })

  const acme = JSON.stringify((await report(server, '?instance=acme')).body)
  expect(acme).toContain('production/acme')
  expect(acme).not.toContain('production/globex')
  const ofRollout = JSON.stringify((await report(server, '?rollout=r1')).body)
  expect(ofRollout).toContain('production/globex')
  expect(ofRollout).not.toContain('new-checkout')
  close()
})

test('the report refuses unknown names, a wrong time and a key of one scope', async () => {
  await using server = await startShopServer()
  expect(await report(server, '?instance=acmee')).toMatchObject({ status: 404 })
  expect(await report(server, '?rollout=r9')).toMatchObject({ status: 404 })
  for (const since of ['2099-01-01T00:00:00Z', '2020-01-01T00:00:00Z'])
    expect(await report(server, `?since=${since}`)).toMatchObject({
      body: { code: 'REQUEST_INVALID' },
    })
  const key = await server.makeKey('admin', 'production')
  expect(await server.ask('GET', 'report', { key })).toMatchObject({ status: 403 })
  const later = new Date(Date.now() - 1).toISOString()
  expect((await report(server, `?since=${later}`)).body.changes.total).toBeLessThan(2)
})
