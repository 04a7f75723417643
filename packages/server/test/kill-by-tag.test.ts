import { expect, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'

const EU = 'production/acme'
const US = 'production/globex'
const reason = 'Payments fail'

interface Log {
  readonly items: readonly {
    readonly seq: number
    readonly action: string
    readonly reason?: string
    readonly edits: readonly { kind: string; after: object | null }[]
  }[]
}

/** A shop with two flags of a team, killed for all instances, and the number of the change. */
async function givenKill() {
  const server = await startShopServer()
  await server.ask('POST', 'flags', {
    body: { key: 'express', description: 'Express checkout', tags: { team: 'shop' } },
  })
  await server.ask('PUT', `flags/express/layers/${US}`, { body: { on: true } })
  const { version } = await killTeam(server)
  return { server, version }
}

async function killTeam(server: TestServer, key = ADMIN_KEY) {
  const { status, body } = await server.ask<{
    version: number
    flags: string[]
    scopes: string[]
  }>('POST', 'kill', {
    key,
    body: { flagTags: { team: 'shop' }, instanceTags: {}, environments: ['production'], reason },
  })
  expect(status).toBe(200)
  return body
}

const isKilled = async (server: TestServer, flag: string, scope: string) => {
  const { body } = await server.ask<{ configuration: { killed?: true } }>(
    'GET',
    `flags/${flag}/resolved?scope=${scope}`,
  )
  return body.configuration.killed === true
}
const changes = async (server: TestServer, query: string, key = ADMIN_KEY) =>
  (await server.ask<Log>('GET', `changes?${query}`, { key })).body.items

test('a kill by tag is one edit, and the layers of each flag show it', async () => {
  const { server, version } = await givenKill()
  await using _ = server

  const [change] = await changes(server, 'limit=1')
  expect(change).toMatchObject({ seq: version, action: 'flag.kill-by-tag', reason })
  expect(change!.edits).toHaveLength(1)
  expect(change!.edits[0]).toMatchObject({
    kind: 'kill',
    after: { flags: ['new-checkout', 'express'], scopes: [EU, US], killed: { reason } },
  })
  const flag = await server.ask('GET', 'flags/express')
  expect(flag.headers.get('etag')).toBe(`"${version}"`)
  expect(flag.body).toMatchObject({
    layers: { [EU]: { killed: { reason } }, [US]: { on: true, killed: { reason } } },
  })
})

test('a repeated kill by tag adds the flags that have got the tag since, and no others', async () => {
  const { server, version } = await givenKill()
  await using _ = server

  expect(await killTeam(server)).toMatchObject({ version, flags: [] })
  await server.ask('POST', 'flags', { body: { key: 'late', tags: { team: 'shop' } } })
  await server.ask('PATCH', 'flags/express', { body: { tags: {} } })

  expect(await isKilled(server, 'late', EU)).toBe(false)
  expect(await killTeam(server)).toMatchObject({ flags: ['late'], scopes: [EU, US] })
  expect(await isKilled(server, 'late', EU)).toBe(true)
  expect(await isKilled(server, 'express', EU)).toBe(true)
})

test('the revert of a kill by tag restores all flags that are still killed by it', async () => {
  const { server, version } = await givenKill()
  await using _ = server
  await server.ask('POST', 'flags/express/restore', { body: { scopes: [EU] } })
  await server.ask('POST', 'flags/express/kill', { body: { scopes: [EU], reason: 'Again' } })

  const { status } = await server.ask('POST', `changes/${version}/revert`)

  expect(status).toBe(200)
  expect(await isKilled(server, 'new-checkout', EU)).toBe(false)
  expect(await isKilled(server, 'express', US)).toBe(false)
  expect(await isKilled(server, 'express', EU)).toBe(true)
  expect((await server.ask('POST', `changes/${version}/revert`)).body).toMatchObject({
    code: 'REVERT_CONFLICT',
  })
})

test.for([
  ['a flag', 'flag=express', true],
  ['a scope', `scope=${EU}`, true],
  ['a layer', `entity=layer:express@${EU}`, true],
  ['another scope', 'scope=production', false],
  ['another layer', 'entity=layer:new-checkout@*', false],
] as const)('the history of %s contains the kills by tag of it alone', async (row) => {
  const [, query, isListed] = row
  const { server, version } = await givenKill()
  await using _ = server

  const numbers = (await changes(server, query)).map(({ seq }) => seq)

  expect(numbers.includes(version)).toBe(isListed)
})

test('a key of an instance sees and causes kills by tag within its scope alone', async () => {
  const { server } = await givenKill()
  await using _ = server
  const key = await server.makeKey('admin', US)

  const [seen] = await changes(server, 'limit=1', key)
  expect(seen!.edits).toMatchObject([{ after: { scopes: [US] } }])
  expect(seen).not.toHaveProperty('reason')
  expect(JSON.stringify(seen)).not.toContain('acme')
  const revert = await server.ask('POST', `changes/${seen!.seq}/revert`, { key })
  expect(revert.status).toBe(403)
  expect(JSON.stringify(revert.body)).not.toContain('acme')

  await server.ask('POST', 'flags', { body: { key: 'late', tags: { team: 'shop' } } })
  expect(await killTeam(server, key)).toMatchObject({ flags: ['late'], scopes: [US] })
})

test('risk, report and release notes count a kill by tag once', async () => {
  const { server, version } = await givenKill()
  await using _ = server

  const { body: preview } = await server.ask('POST', 'flags/express/preview', {
    body: { scope: 'production', layer: { on: true } },
  })
  expect(preview).toMatchObject({
    risk: { incidents: [{ flag: 'express', scope: EU, kind: 'kill' }] },
  })
  const { body: report } = await server.ask('GET', 'report')
  expect(report).toMatchObject({
    kills: [
      {
        version,
        scope: 'production',
        text: 'Payments fail Killed by tag: 2 flags in 2 scopes.',
      },
    ],
  })
  const notes = `instances/globex/release-notes?environment=production`
  expect((await server.ask('GET', notes)).body).toMatchObject({ items: [] })
  await server.ask('POST', `changes/${version}/revert`)
  expect((await server.ask('GET', notes)).body).toMatchObject({
    items: [{ title: 'Express checkout' }],
  })
})
