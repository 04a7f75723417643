import type { Change, Layer } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Result {
  readonly version: number
  readonly layers: readonly { scope: string; layer: Layer; movedBuckets?: number }[]
}

const path = 'flags/new-checkout/layers'
const layer = { on: true, rollout: { percent: 25 } }
const eu = { environment: 'production', tags: { region: 'eu' } }

const resolved = async (server: TestServer, scope: string) =>
  (await server.ask('GET', `flags/new-checkout/resolved?scope=${scope}`)).body

const newest = async (server: TestServer) =>
  (await server.ask<{ items: Change[] }>('GET', 'changes?limit=1')).body.items[0]!

/** Three customers: acme and initech in the EU, globex in the US. */
async function startWaveServer() {
  const server = await startShopServer()
  await server.ask('POST', 'instances', { body: { key: 'initech', tags: { region: 'eu' } } })
  return server
}

test.for([
  ['scopes', { scopes: ['production/initech', 'production/globex'] }, ['initech', 'globex']],
  ['tags', { selector: eu }, ['acme', 'initech']],
  ['no tag, for all', { selector: { ...eu, tags: {} } }, ['acme', 'globex', 'initech']],
] as const)('one change reaches all instances by %s', async ([, wave, instances]) => {
  await using server = await startWaveServer()
  const before = await newest(server)

  const { status, body } = await server.ask<Result>('PATCH', `${path}?reason=Wave+1`, {
    body: { ...wave, layer },
  })

  expect(status).toBe(200)
  const scopes = instances.map((key) => `production/${key}`)
  expect(body.layers.map(({ scope }) => scope)).toEqual(scopes)
  const change = await newest(server)
  expect(change).toMatchObject({ seq: before.seq + 1, reason: 'Wave 1' })
  expect(change.edits.map(({ key }) => key)).toEqual(scopes.map((scope) => `new-checkout@${scope}`))
  for (const scope of scopes)
    expect(await resolved(server, scope)).toMatchObject({
      configuration: { on: true, rollout: { share: 25_000 } },
      provenance: { rollout: scope },
    })
})

test('a revert undoes the whole wave', async () => {
  await using server = await startWaveServer()
  const scopes = ['production/acme', 'production/initech', 'production/globex']
  const before = await Promise.all(scopes.map((scope) => resolved(server, scope)))
  await server.ask('PATCH', path, { body: { scopes, layer } })

  const { status } = await server.ask('POST', `changes/${(await newest(server)).seq}/revert`)

  expect(status).toBe(200)
  expect(await Promise.all(scopes.map((scope) => resolved(server, scope)))).toEqual(before)
})

test('a preview shows the effect in each scope, and its ETag pins the wave to that state', async () => {
  await using server = await startWaveServer()
  const version = (await newest(server)).seq
  const body = { selector: eu, layer }

  const preview = await server.ask<Result>('POST', `${path}/preview`, { body })

  expect(preview.body.layers).toMatchObject([
    {
      scope: 'production/acme',
      movedBuckets: expect.toSatisfy((moved) => moved >= 75_000),
      layer: { rollout: { share: 25_000 } },
    },
    { scope: 'production/initech', layer: { on: true } },
  ])
  expect((await newest(server)).seq).toBe(version)

  const headers = { 'if-match': preview.headers.get('etag')! }
  await server.ask('PATCH', `${path}/production/acme`, { body: { note: { reason: 'Wait' } } })
  expect((await server.ask('PATCH', path, { body, headers })).status).toBe(409)
  const again = await server.ask('POST', `${path}/preview`, { body })
  const fresh = { 'if-match': again.headers.get('etag')! }
  expect((await server.ask('PATCH', path, { body, headers: fresh })).status).toBe(200)
})

test.for([
  [
    'a scope is misspelt',
    { scopes: ['production/acme', 'production/intech'], layer },
    404,
    'Did you mean "production/initech"?',
  ],
  [
    'the environment is misspelt',
    { selector: { ...eu, environment: 'prodction' }, layer },
    404,
    'Did you mean "production"?',
  ],
  [
    'no instance has the tags',
    { selector: { ...eu, tags: { region: 'mars' } }, layer },
    422,
    'No instance has the tags',
  ],
  [
    'a variant does not exist',
    { selector: eu, layer: { on: true, fallthrough: { variant: 'blue' } } },
    422,
    'flags.new-checkout.layers.production/acme.fallthrough',
  ],
  ['neither scopes nor a selector is set', { layer }, 400, 'Set either'],
  ['both are set', { scopes: ['production'], selector: eu, layer }, 400, 'Set either'],
] as const)('nothing changes where %s', async ([, body, status, text]) => {
  await using server = await startWaveServer()
  const before = await newest(server)

  for (const [method, route] of [
    ['PATCH', path],
    ['POST', `${path}/preview`],
  ] as const) {
    const answer = await server.ask(method, route, { body })
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body).replaceAll('\\', '')).toContain(text)
  }
  expect(await newest(server)).toEqual(before)
})

test('a key changes the scopes within its own only, and all or none', async () => {
  await using server = await startWaveServer()
  const key = await server.makeKey('admin', 'production/acme')
  const before = await newest(server)

  const mixed = { scopes: ['production/acme', 'production/globex'], layer }
  expect((await server.ask('PATCH', path, { key, body: mixed })).status).toBe(403)
  expect(await newest(server)).toEqual(before)

  const { body } = await server.ask<Result>('PATCH', path, { key, body: { selector: eu, layer } })
  expect(body.layers.map(({ scope }) => scope)).toEqual(['production/acme'])
})

test('a selector skips retired instances', async () => {
  await using server = await startWaveServer()
  await server.ask('PATCH', 'instances/initech', { body: { status: 'retired' } })

  const { body } = await server.ask<Result>('PATCH', path, { body: { selector: eu, layer } })

  expect(body.layers.map(({ scope }) => scope)).toEqual(['production/acme'])
})
