import { expect, onTestFinished, test, vi } from 'vitest'
import { ADMIN_KEY } from '../../../test-support/faults/admin.ts'
import { openCachedSdk } from '../../../test-support/faults/cached-sdk.ts'
import { write } from '../../../test-support/faults/careful-client.ts'
import { freePort } from '../../../test-support/free-port.ts'
import { folder, run } from './server-process.ts'

const CHANGES = 200
const SDKS = 20

/** A process that is killed and started again on the same port, with the same data folder. */
async function startProcess(settings: Readonly<Record<string, string>>, ...args: string[]) {
  const port = await freePort()
  const environment = { FLAGHOIST_PORT: `${port}`, FLAGHOIST_DATA_DIR: folder(), ...settings }
  let running = run(environment, ...args)
  await running.url()
  const kill = async () => {
    running.child.kill('SIGKILL')
    await running.exited
  }
  const start = async () => {
    running = run(environment, ...args)
    await running.url()
  }
  return { url: `http://127.0.0.1:${port}`, kill, start }
}

/** A server and a relay of it, each a process, and a server key of both. */
async function startBoth() {
  // Each SDK warns of each fault.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const server = await startProcess({ FLAGHOIST_ADMIN_KEY: ADMIN_KEY })
  await write(server.url, { method: 'POST', path: 'flags', body: { key: 'new-checkout' } })
  const scope = 'production'
  const body = { name: 'sdk', kind: 'server', scope }
  const made = await write(server.url, { method: 'POST', path: 'keys', body })
  const { secret: key } = (await made.json()) as { secret: string }
  const relay = await startProcess({}, '--upstream', server.url, '--key', key)
  return { server, relay, key }
}

async function openSdk(url: string, key: string) {
  const sdk = await openCachedSdk(url, key, folder())
  onTestFinished(() => sdk.flags.close())
  return sdk
}

const rulesetOf = async (url: string, key: string) => {
  const headers = { authorization: `Bearer ${key}` }
  return (await fetch(`${url}/sdk/v1/ruleset`, { headers })).text()
}

test('every SDK behind a relay ends right, whichever of both is killed', {
  timeout: 90_000,
}, async ({ annotate }) => {
  const { server, relay, key } = await startBoth()
  const sdks = await Promise.all(Array.from({ length: SDKS }, () => openSdk(relay.url, key)))
  const faults = new Map([
    [50, () => relay.kill().then(relay.start)],
    [120, () => server.kill().then(server.start)],
  ])
  let injected: Promise<unknown> = Promise.resolve()
  for (let i = 0; i < CHANGES; i++) {
    const fault = faults.get(i)
    if (fault) injected = injected.then(fault)
    const body = { on: i % 2 === 0, note: { reason: `change ${i}` } }
    await write(server.url, { method: 'PUT', path: 'flags/new-checkout/layers/production', body })
  }
  await injected
  const startedAt = performance.now()
  const expected = await rulesetOf(server.url, key)
  const held = () => new Set(sdks.map(({ cached }) => cached()))
  await expect.poll(held, { timeout: 20_000 }).toEqual(new Set([expected]))
  await annotate(`right after ${Math.round(performance.now() - startedAt)} ms`)
  expect(sdks.flatMap(({ backwards }) => backwards)).toEqual([])
})

test('a report that a relay has accepted counts once, whatever is killed', {
  timeout: 90_000,
}, async () => {
  const { server, relay, key } = await startBoth()
  const { flags } = JSON.parse(await rulesetOf(relay.url, key))
  await server.kill()
  const minute = Date.now()
  const send = (id: string) =>
    fetch(`${relay.url}/sdk/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        sdk: { id, name: 'test/1' },
        batch: {
          id,
          exposures: [{ ...SERVED, minute }],
        },
      }),
    })
  const { revision } = flags['new-checkout']
  const SERVED = { flag: 'new-checkout', variant: 'on', revision, reason: 'STATIC', count: 1 }
  for (let i = 0; i < 30; i++) expect((await send(`batch-${i}-of-30`)).status).toBe(202)
  await relay.kill()
  await relay.start()
  await server.start()
  const counted = async () => {
    const path = `${server.url}/api/v1/projects/default/exposures?interval=total`
    const answer = await fetch(path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    const { items } = (await answer.json()) as { items: { count: number }[] }
    return items.reduce((sum, { count }) => sum + count, 0)
  }
  await expect.poll(counted, { timeout: 25_000 }).toBe(30)
  expect(await (await send('batch-0-of-30')).json()).toMatchObject({ duplicate: true })
})
