import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFlags } from '@flaghoist/node'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { startTestServer, type TestServer } from './http-server.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flaghoist-restore-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Changes after the backup that the restore loses. */
const LOST = 3
const FLAG = 'new-checkout'
const LAYER = `flags/${FLAG}/layers/production/acme`

interface Propagation {
  readonly connected: number
  readonly confirmed: number
}

/** A data folder with its server, which can be stopped, backed up, restored and started again. */
class Restorable {
  readonly #folder = mkdtempSync(join(scratch, 'data-'))
  readonly #backup = `${this.#folder}-backup`
  /** The port of all starts but one, so that SDKs find the server again. */
  #port: number | undefined
  server!: TestServer

  async start(): Promise<void> {
    this.#port ??= await freePort()
    await this.#startOn(this.#port)
  }

  async #startOn(port: number): Promise<void> {
    const settings = { FLAGHOIST_PORT: String(port), FLAGHOIST_DATA_DIR: this.#folder }
    this.server = await startTestServer(settings)
  }

  async stop(): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }

  async backUp(): Promise<void> {
    await this.stop()
    cpSync(this.#folder, this.#backup, { recursive: true })
    await this.start()
  }

  /** Restores the backup, and makes changes before any SDK can connect. */
  async restore(edits: number): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true })
    cpSync(this.#backup, this.#folder, { recursive: true })
    await this.#startOn(0)
    for (let i = 0; i < edits; i += 1)
      await this.server.ask('PATCH', 'instances/acme', { body: { owner: `restored-${i}` } })
    await this.stop()
    await this.start()
  }
}

type Sdk = ReturnType<typeof createFlags>

/** Opens an SDK, and records each version with which it claims to be live. */
async function openSdk(url: string, key: string, cacheDir: string) {
  const flags = createFlags({ url, key, cacheDir })
  const live: number[] = []
  const note = () => {
    const { state, version } = flags.status()
    if (state === 'live') live.push(version!)
  }
  flags.on('status', note)
  flags.on('change', note)
  await flags.ready()
  return { flags, live }
}

const isOn = (flags: Sdk) => flags.isEnabled(FLAG, { targetingKey: 'ada' })

async function givenShop(site: Restorable) {
  await site.start()
  const { server } = site
  await server.ask('POST', 'instances', { body: { key: 'acme' } })
  await server.ask('POST', 'flags', { body: { key: FLAG, clientVisible: true } })
  await server.ask('PUT', LAYER, { body: { on: true, fallthrough: { variant: 'on' } } })
  const kinds = ['server', 'client'] as const
  return Promise.all(kinds.map((kind) => server.makeKey(kind, 'production/acme')))
}

describe('after a backup was restored', () => {
  test.for([
    ['before the SDKs', LOST - 2],
    ['exactly at the version of the SDKs', LOST],
    ['beyond the SDKs', LOST + 2],
  ] as const)(
    '%s, every SDK takes the state of the server, and obeys a kill',
    {
      timeout: 60_000,
    },
    async ([, edits]) => {
      const site = new Restorable()
      const keys = await givenShop(site)
      await site.backUp()
      const { url } = site.server
      const caches = keys.map(() => mkdtempSync(join(scratch, 'cache-')))
      const connected = await Promise.all(
        keys.map((key, i) => openSdk(url, key, `${caches[i]}-own`)),
      )
      const cached = await Promise.all(keys.map((key, i) => openSdk(url, key, caches[i]!)))
      for (let i = 0; i < LOST; i += 1)
        await site.server.ask('PATCH', LAYER, { body: { on: i % 2 === 1 } })
      const all = [...connected, ...cached]
      const { body: head } = await site.server.ask<{ version: number }>('GET', 'head')
      await vi.waitUntil(() => all.every(({ flags }) => flags.status().version === head.version), {
        timeout: 10_000,
      })
      expect(all.map(({ flags }) => isOn(flags))).toEqual(all.map(() => false))
      await Promise.all(cached.map(({ flags }) => flags.close()))
      for (const { live } of connected) live.length = 0

      await site.restore(edits)
      const back = await Promise.all(keys.map((key, i) => openSdk(url, key, caches[i]!)))
      const fresh = await Promise.all(keys.map((key, i) => openSdk(url, key, `${caches[i]}-new`)))
      const sdks = [...connected, ...back, ...fresh]
      await vi.waitUntil(() => sdks.every(({ flags }) => flags.status().state === 'live'), {
        timeout: 15_000,
      })

      const version = head.version - LOST + edits
      for (const { flags, live } of sdks) {
        expect(new Set(live)).toEqual(new Set([version]))
        expect(isOn(flags)).toBe(true)
      }
      await site.server.ask('PATCH', 'instances/acme', { body: { owner: 'later' } })
      const killed = await site.server.ask<{ propagation: string }>('POST', `flags/${FLAG}/kill`, {
        body: { reason: 'It breaks' },
      })
      await vi.waitUntil(
        async () => {
          const { body } = await site.server.ask<Propagation>('GET', killed.body.propagation)
          const obeying = sdks.filter(({ flags }) => !isOn(flags)).length
          expect(body.confirmed).toBeLessThanOrEqual(obeying)
          return body.connected === sdks.length && body.confirmed === sdks.length
        },
        { timeout: 10_000 },
      )

      expect(sdks.map(({ flags }) => isOn(flags))).toEqual(sdks.map(() => false))
      await Promise.all(sdks.map(({ flags }) => flags.close()))
      await site.stop()
    },
  )
})
