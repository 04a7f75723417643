import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from './http-server.ts'

const HELD = { key: 'held', screen: 'flags', query: 'state:held env:production', owner: 'ada' }

test('a saved view is shared, logged, reverted, exported and imported', async () => {
  const server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { ask } = server
  const stored = { ...HELD, name: 'held' }
  expect(await ask('POST', 'views', { body: HELD })).toMatchObject({ status: 201, body: stored })
  const { headers } = await ask('PATCH', 'views/held', { body: { query: 'state:held' } })
  expect((await ask('GET', 'views')).body).toEqual({ items: [{ ...stored, query: 'state:held' }] })

  const { body: log } = await ask('GET', 'changes?entity=view:held')
  expect(log).toMatchObject({ items: [{ action: 'view.update' }, { action: 'view.create' }] })
  await ask('POST', `changes/${headers.get('flaghoist-version')}/revert`)
  expect((await ask('GET', 'views/held')).body).toEqual(stored)

  const { body: file } = await ask('GET', 'export')
  expect(file).toMatchObject({ views: [stored] })
  await ask('DELETE', 'views/held')
  expect(await ask('GET', 'views/held')).toMatchObject({ status: 404 })
  await ask('POST', 'import', { body: file })
  expect((await ask('GET', 'views/held')).body).toEqual(stored)
})

test('a key of one instance sees no view, because views may name other instances', async () => {
  const server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('POST', 'views', { body: HELD })
  const key = await server.makeKey('admin', 'production')

  expect((await server.ask('GET', 'views', { key })).body).toEqual({ items: [] })
  expect(await server.ask('GET', 'views/held', { key })).toMatchObject({ status: 404 })
  expect(await server.ask('DELETE', 'views/held', { key })).toMatchObject({ status: 403 })
})

test('a view keeps search parameters of its screen, and an update replaces all of them', async () => {
  const server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { ask } = server
  const parameters = { columns: '@owner,production', open: 'production' }
  await ask('POST', 'views', { body: { ...HELD, parameters } })
  expect((await ask('GET', 'views/held')).body).toMatchObject({ parameters })

  const changed = { parameters: { columns: 'staging' } }
  expect((await ask('PATCH', 'views/held', { body: changed })).body).toEqual({
    ...HELD,
    name: 'held',
    ...changed,
  })
  const { body } = await ask('PATCH', 'views/held', { body: { parameters: null } })
  expect(body).not.toHaveProperty('parameters')

  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, 'x']))
  expect(await ask('PATCH', 'views/held', { body: { parameters: many } })).toMatchObject({
    status: 400,
    body: { issues: [{ message: 'A view has at most 20 parameters.' }] },
  })
})
