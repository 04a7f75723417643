import { lookup } from 'node:dns/promises'
import { expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { assembleServices } from '../src/assemble-services.ts'
import { loadConfig } from '../src/config.ts'
import { createSdkServer } from '../src/sdk-server.ts'
import { openStores } from '../src/stores/open-stores.ts'
import { ADMIN_KEY, startShopServer } from './http-server.ts'
import { folder } from './server-process.ts'
import { openStreamClient } from './stream-client.ts'

/** A server that was started again, and has not loaded its app yet. */
async function restart(host = '127.0.0.1') {
  const settings = {
    FLAGHOIST_DATA_DIR: folder(),
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
  }
  const before = await startShopServer(settings)
  const key = await before.makeKey('server', 'production/acme')
  await before[Symbol.asyncDispose]()

  const config = loadConfig({ ...settings, FLAGHOIST_PORT: '0', FLAGHOIST_HOST: host })
  const stores = await openStores(config)
  const services = await assembleServices(config, stores)
  const server = createSdkServer(services)
  await server.listen(config)
  onTestFinished(async () => {
    await server.close({ shutdownMs: 0 })
    services.projects.close()
    await stores.close()
  })
  const url = server.urlFor(config)
  return {
    url,
    key,
    ask: (path: string, init: RequestInit = {}, secret = key) =>
      fetch(url + path, { headers: { authorization: `Bearer ${secret}` }, ...init }),
    async load() {
      await server.load(await buildApp(server, services))
    },
    close: () => server.close({ shutdownMs: 0 }),
  }
}

const FLAG = '/ofrep/v1/evaluate/flags/new-checkout'
const json = (body: string) => ({ method: 'POST', body })

test('SDKs are answered before the app is loaded', async () => {
  const { url, key, ask } = await restart()

  expect(await (await ask('/livez')).json()).toEqual({ alive: true })
  const stream = await openStreamClient(url, key, { sdkId: 'sdk-1' })
  await stream.until('a ruleset', () => stream.ruleset !== undefined)
  stream.close()
  const ruleset = await ask('/sdk/v1/ruleset')
  expect(await ruleset.json()).toEqual(stream.ruleset)
  const evaluated = await ask(FLAG, json('{"context":{"targetingKey":"ada"}}'))
  expect(await evaluated.json()).toMatchObject({ key: 'new-checkout', value: true })
})

test('all other requests wait for the app', async () => {
  const { ask, load } = await restart()
  const waiting = {
    ready: ask('/readyz'),
    admin: ask('/api/v1/projects/default/flags/new-checkout', {}, ADMIN_KEY),
    unknown: ask('/unknown'),
    withoutKey: ask('/sdk/v1/ruleset', { headers: {} }),
    // A direct route has read this body when it finds the defect.
    unreadable: ask(FLAG, json('{')),
  }
  let isAnswered = false
  for (const answer of Object.values(waiting)) void answer.then(() => (isAnswered = true))
  await ask('/sdk/v1/ruleset')
  expect(isAnswered).toBe(false)

  await load()

  const answers = await Promise.all(Object.values(waiting))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 401, 400])
  expect(await (await waiting.unreadable).json()).toMatchObject({ errorCode: 'PARSE_ERROR' })
  expect((await ask('/readyz')).status).toBe(200)
})

test('a client that leaves while it waits disturbs nobody', async () => {
  const { ask, load } = await restart()
  const leaving = new AbortController()
  const left = ask('/readyz', { signal: leaving.signal })
  const sent = ask(FLAG, { ...json('{'), signal: leaving.signal })
  await ask('/livez')
  leaving.abort()
  await expect(Promise.all([left, sent])).rejects.toThrow('aborted')

  await load()

  expect((await ask('/readyz')).status).toBe(200)
})

test('a close before the app is loaded cuts off the requests that wait for it', async () => {
  const { ask, close } = await restart()
  const waiting = ask('/readyz')
  await ask('/livez')

  const outcome = expect(waiting).rejects.toThrow('fetch failed')
  await close()

  await outcome
})

test('localhost is every address that the system knows by this name', async () => {
  const { url, load } = await restart('localhost')
  await load()
  const { port } = new URL(url)

  for (const { address, family } of await lookup('localhost', { all: true })) {
    const host = family === 6 ? `[${address}]` : address
    expect((await fetch(`http://${host}:${port}/livez`)).status).toBe(200)
    expect((await fetch(`http://${host}:${port}/readyz`)).status).toBe(200)
  }
})
