import { expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

interface Scope {
  readonly key: string
  readonly version: number
}
interface Scopes {
  readonly environments: readonly Scope[]
  readonly instances: readonly Scope[]
}

const keysOf = ({ environments, instances }: Scopes) =>
  [environments, instances].map((scopes) => scopes.map(({ key }) => key))

test('the scopes of a project are in order, with the versions that a write names', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'environments', { body: { key: 'canary', order: 0 } })
  const { body, headers } = await server.ask<Scopes>('GET', 'scopes')
  expect(keysOf(body)).toEqual([
    ['canary', 'production'],
    ['acme', 'globex'],
  ])

  const write = (version: number) =>
    server.ask('PATCH', 'instances/acme', {
      body: { name: `Acme ${version}` },
      headers: { 'if-match': `"${version}"` },
    })
  const { version } = body.instances[0]!
  expect((await write(version)).status).toBe(200)
  expect((await write(version)).status).toBe(409)

  const held = { headers: { 'if-none-match': headers.get('etag')! } }
  const changed = await server.ask<Scopes>('GET', 'scopes', held)
  expect(changed.body.instances[0]!.version).toBeGreaterThan(version)
  const current = { headers: { 'if-none-match': changed.headers.get('etag')! } }
  expect((await server.ask('GET', 'scopes', current)).status).toBe(304)
})

test('a key sees its own scopes only', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  const seenBy = async (scope: string) => {
    const key = await server.makeKey('admin', scope)
    return keysOf((await server.ask<Scopes>('GET', 'scopes', { key })).body)
  }
  expect(await seenBy('production/acme')).toEqual([['production'], ['acme']])
  expect(await seenBy('staging')).toEqual([['staging'], ['acme', 'globex']])
})
