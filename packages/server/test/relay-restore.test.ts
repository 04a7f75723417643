import { cpSync } from 'node:fs'
import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { startTestServer, type TestServer } from './http-server.ts'
import { startTestRelay } from './relay-server.ts'
import { get, startRelayOf } from './relayed-shop.ts'
import { folder, run } from './server-process.ts'

const FLAG = 'new-checkout'
const LAYER = `flags/${FLAG}/layers/production`

interface Propagation {
  readonly connected: number
  readonly confirmed: number
}

/** A server that is started again on its port, with any data folder. */
async function openSite() {
  const port = `${await freePort()}`
  let server: TestServer | undefined
  const start = async (dataDir: string) => {
    server = await startTestServer({ FLAGHOIST_PORT: port, FLAGHOIST_DATA_DIR: dataDir })
    return server
  }
  const stop = async () => {
    await server?.[Symbol.asyncDispose]()
    server = undefined
  }
  onTestFinished(stop)
  return { start, stop, url: `http://127.0.0.1:${port}` }
}

const setOn = (server: TestServer, on: boolean) => server.ask('PUT', LAYER, { body: { on } })

/** Opens an SDK that is closed at the end of the test. */
async function openSdk(url: string, key: string) {
  const flags = createFlags({ url, key })
  onTestFinished(() => flags.close())
  await flags.ready()
  return { flags, isOn: () => flags.isEnabled(FLAG) }
}

const copyFiles = async (backup: string, dataDir: string) =>
  cpSync(backup, dataDir, { recursive: true })

async function restoreByCommand(backup: string, dataDir: string): Promise<void> {
  const command = run({ FLAGHOIST_DATA_DIR: dataDir }, 'restore', `${backup}/flaghoist.db`)
  expect([await command.exited, command.output()]).toEqual([0, expect.stringContaining('default')])
}

test.for([
  ['of its files, in the same epoch', copyFiles],
  ['by the command, in a new epoch', restoreByCommand],
] as const)(
  'SDKs behind relays take the state of an upstream that was restored from a backup %s',
  { timeout: 60_000 },
  async ([, restore]) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const site = await openSite()
    const [dataDir, backup, restored] = [folder(), folder(), folder()]
    const before = await site.start(dataDir)
    await before.ask('POST', 'flags', { body: { key: FLAG, clientVisible: true } })
    await setOn(before, true)
    const keys = [
      await before.makeKey('server', 'production'),
      await before.makeKey('client', 'production'),
    ]
    await site.stop()
    cpSync(dataDir, backup, { recursive: true })
    const later = await site.start(dataDir)
    const first = await startRelayOf(site.url, keys, { FLAGHOIST_DATA_DIR: folder() })
    const second = await startRelayOf(first.url, keys, { FLAGHOIST_DATA_DIR: folder() })
    const urls = [site.url, first.url, second.url]
    const sdks = await Promise.all(urls.flatMap((url) => keys.map((key) => openSdk(url, key))))
    for (const on of [false, true, false]) await setOn(later, on)
    const states = () => new Set(sdks.map(({ isOn }) => isOn()))
    await expect.poll(states).toEqual(new Set([false]))

    await site.stop()
    await restore(backup, restored)
    const after = await site.start(restored)
    await expect.poll(states, { timeout: 20_000 }).toEqual(new Set([true]))
    const bytes = await Promise.all(urls.map(async (url) => (await get(url, keys[0]!)).text()))
    expect(new Set(bytes).size).toBe(1)
    await after.ask('POST', `flags/${FLAG}/kill`, { body: { reason: 'It breaks' } })
    await expect.poll(states).toEqual(new Set([false]))
    const propagated = async () => (await after.ask<Propagation>('GET', 'propagation')).body
    await expect
      .poll(propagated, { timeout: 20_000 })
      .toMatchObject({ connected: sdks.length, confirmed: sdks.length })
  },
)

test('chained relays start from their disks without their upstreams', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const site = await openSite()
  const server = await site.start(folder())
  await server.ask('POST', 'flags', { body: { key: FLAG } })
  await setOn(server, true)
  const key = await server.makeKey('server', 'production')
  const settings = [{ FLAGHOIST_DATA_DIR: folder() }, { FLAGHOIST_DATA_DIR: folder() }] as const
  const port = `${await freePort()}`
  const middle = await startTestRelay(site.url, [key], { ...settings[0], FLAGHOIST_PORT: port })
  const outer = await startTestRelay(middle.url, [key], settings[1])
  await server.ask('POST', `flags/${FLAG}/kill`, { body: { reason: 'It breaks' } })
  const known = await (await get(site.url, key)).text()
  const served = async (url: string) => (await get(url, key)).text()
  await expect.poll(() => served(outer.url)).toBe(known)
  for (const relay of [outer, middle]) await relay[Symbol.asyncDispose]()
  await site.stop()

  const alone = await startRelayOf(middle.url, [key], settings[1])
  expect(await served(alone.url)).toBe(known)
  const back = await startRelayOf(site.url, [key], { ...settings[0], FLAGHOIST_PORT: port })
  expect(await served(back.url)).toBe(known)
  const sdk = await openSdk(alone.url, key)
  expect(sdk.isOn()).toBe(false)
  expect(sdk.flags.status().state).toBe('live')
})
