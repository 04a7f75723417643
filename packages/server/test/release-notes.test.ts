import { expect, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'

interface Notes {
  readonly items: readonly { kind: string; title: string; at: string }[]
  readonly untitled: number
}

const path = 'instances/acme/release-notes'
const notes = (server: TestServer, query = '?environment=production', key = ADMIN_KEY) =>
  server.ask<Notes>('GET', `${path}${query}`, { key })
const titles = ({ items }: Notes) => items.map(({ kind, title }) => `${kind} ${title}`)

/** A server with described flags, and a layer of each in one scope. */
async function given(flags: Readonly<Record<string, string>>) {
  const server = await startShopServer()
  for (const [key, description] of Object.entries(flags))
    await server.ask('POST', 'flags', { body: { key, description } })
  const set = (key: string, scope: string, body: object) =>
    server.ask('PATCH', `flags/${key}/layers/${scope}?reason=Secret%20reason`, { body })
  return { server, set }
}

test('release notes list the features that reached the instance, by their descriptions', async () => {
  const { server, set } = await given({
    search: 'Search in *all* orders',
    filters: 'Filters',
    theme: 'Dark theme',
    late: 'Late',
    hidden: '',
    globex: 'A wish of Globex',
  })
  await using _ = server
  await set('search', 'production/acme', { on: true })
  await set('filters', 'production', { on: true })
  await set('theme', 'production/acme', {
    on: true,
    rollout: { percent: 10 },
    fallthrough: { variant: 'off' },
  })
  await set('late', 'production/acme', { on: true })
  await server.ask('POST', 'flags/late/kill', { body: { scopes: ['production/acme'] } })
  await set('hidden', 'production/acme', { on: true })
  await set('globex', 'production/globex', { on: true })

  const { status, body } = await notes(server)
  expect(status).toBe(200)
  expect(titles(body)).toEqual([
    'started Dark theme',
    'released Filters',
    'released Search in *all* orders',
  ])
  // `hidden`, and `new-checkout` of the shop.
  expect(body.untitled).toBe(2)
  expect(JSON.stringify(body)).not.toMatch(/globex|Secret|new-checkout|late|ADMIN/i)

  const response = await fetch(
    `${server.url}/api/v1/projects/default/${path}?environment=production`,
    { headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: 'text/markdown' } },
  )
  const page = await response.text()
  expect(page).toContain('# Release notes for acme')
  expect(page).toContain('- Search in \\*all\\* orders (')
  expect(page).not.toMatch(/globex|Secret/i)
})

test('a later period lists withdrawn features, and none that were released before', async () => {
  const { server, set } = await given({ search: 'Search', theme: 'Theme' })
  await using _ = server
  await set('search', 'production/acme', { on: true })
  await set('theme', 'production/acme', { on: true })
  const { body: log } = await server.ask<{ items: { at: string }[] }>('GET', 'changes?limit=1')
  const between = new Date(Date.parse(log.items[0]!.at) + 1).toISOString()
  await expect.poll(() => new Date().toISOString() > between).toBe(true)
  await set('search', 'production/acme', { on: false })
  await set('theme', 'production/acme', { note: { reason: 'Kept' } })

  const later = (await notes(server, `?environment=production&from=${between}`)).body
  expect(titles(later)).toEqual(['withdrawn Search'])
  const earlier = (await notes(server, `?environment=production&to=${between}`)).body
  expect(titles(earlier)).toEqual(['released Theme', 'released Search'])
  expect(titles((await notes(server)).body)).toEqual(['released Theme'])
})

test('a key of one instance reads its own notes only; wrong requests are refused', async () => {
  await using server = await startShopServer()
  const own = await server.makeKey('admin', 'production/acme')
  const other = await server.makeKey('admin', 'production/globex')
  const query = '?environment=production'
  expect(await notes(server, query, own)).toMatchObject({ status: 200 })
  expect(await notes(server, query, other)).toMatchObject({ body: { code: 'SCOPE_OUTSIDE_KEY' } })
  expect(await notes(server, '?environment=prod')).toMatchObject({ status: 404 })
  expect(
    await notes(server, `${query}&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z`),
  ).toMatchObject({ body: { code: 'REQUEST_INVALID' } })
})
