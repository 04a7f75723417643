/**
 * The scenarios of OpenFeature's specification for evaluation, errors, reasons, contexts, hooks,
 * metadata, events, life cycle and tracking, run with both SDKs over a real server.
 *
 * @see https://github.com/open-feature/spec/tree/main/specification/assets
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFlags } from '@flaghoist/browser'
import type { BaseHook, EvaluationContext, EvaluationDetails, JsonValue } from '@openfeature/core'
import { OpenFeature as ServerApi, ProviderEvents as ServerEvents } from '@openfeature/server-sdk'
import { OpenFeature as WebApi, ProviderEvents as WebEvents } from '@openfeature/web-sdk'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../test-support/free-port.ts'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { FlaghoistProvider as ServerProvider } from '../src/server.ts'
import { FlaghoistProvider as WebProvider } from '../src/web.ts'
import { furnish, startShop } from './shop.ts'

type Details<T> = EvaluationDetails<T & JsonValue> | Promise<EvaluationDetails<T & JsonValue>>

/** The part of a client of either SDK that the scenarios use. */
interface Client {
  getBooleanDetails(key: string, fallback: boolean): Details<boolean>
  getStringDetails(key: string, fallback: string): Details<string>
  getNumberDetails(key: string, fallback: number): Details<number>
  getObjectDetails<T extends JsonValue>(key: string, fallback: T): Details<T>
  addHooks(...hooks: BaseHook[]): unknown
  addHandler(event: never, handler: (details?: { flagsChanged?: string[] }) => void): void
  track(name: string, ...rest: object[]): void
  readonly metadata: { readonly providerMetadata: { readonly name: string } }
  readonly providerStatus: string
}

interface Options {
  readonly url: string
  readonly key: string
}

/** An SDK, with a provider of ours behind a domain of its own. */
interface Sdk {
  readonly kind: 'server' | 'client'
  readonly events: typeof ServerEvents | typeof WebEvents
  start(options: Options, timeout?: number): Promise<{ client: Client; ready: Promise<unknown> }>
  setContext(context: EvaluationContext): Promise<void> | void
  clear(): Promise<void>
}

let domains = 0
const nextDomain = (): string => {
  domains += 1
  return `shop-${domains}`
}
const server: Sdk = {
  kind: 'server',
  events: ServerEvents,
  async start(options, timeout) {
    const domain = nextDomain()
    const ready = ServerApi.setProviderAndWait(domain, new ServerProvider(options, { timeout }))
    return { client: ServerApi.getClient(domain) as unknown as Client, ready }
  },
  setContext: (context) => void ServerApi.setContext(context),
  clear: async () => {
    await ServerApi.clearProviders()
    ServerApi.setContext({})
    ServerApi.clearHooks()
  },
}
const web: Sdk = {
  kind: 'client',
  events: WebEvents,
  async start(options, timeout) {
    const domain = nextDomain()
    const ready = WebApi.setProviderAndWait(domain, new WebProvider(options, { timeout }))
    return { client: WebApi.getClient(domain) as unknown as Client, ready }
  },
  setContext: (context) => WebApi.setContext(context),
  clear: async () => {
    await WebApi.clearProviders()
    await WebApi.setContext({})
    WebApi.clearHooks()
  },
}

/** Somewhere that nobody answers: connections are taken, and nothing is said. */
async function startSilence(): Promise<string> {
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  onTestFinished(() => void silent.close())
  const address = silent.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

describe.for([
  ['server', server],
  ['web', web],
] as const)('the %s SDK', ([, sdk]) => {
  let shop: TestServer
  let options: Options

  afterEach(() => sdk.clear())

  const given = async () => {
    shop = await startShop()
    options = { url: shop.url, key: await shop.makeKey(sdk.kind, 'production') }
    const { client, ready } = await sdk.start(options)
    await ready
    return client
  }
  const asked = async (client: Client, key: string, fallback: JsonValue) => {
    if (typeof fallback === 'boolean') return client.getBooleanDetails(key, fallback)
    if (typeof fallback === 'string') return client.getStringDetails(key, fallback)
    if (typeof fallback === 'number') return client.getNumberDetails(key, fallback)
    return client.getObjectDetails(key, fallback)
  }

  test('resolves every type with its variant and reason, also what is falsy, large, or a structure', async () => {
    const client = await given()
    for (const [key, fallback, value, variant] of [
      ['boolean-on', false, true, 'on'],
      ['boolean-off', true, false, 'off'],
      ['text', 'x', 'hi', 'greeting'],
      ['empty-text', 'x', '', 'empty'],
      ['whole', 1, 10, 'ten'],
      ['zero', 1, 0, 'none'],
      ['half', 0.1, 0.5, 'half'],
      ['large', 1, Number.MAX_SAFE_INTEGER, 'large'],
      ['object', {}, { show: true, perPage: 100 }, 'pictures'],
    ] as const) {
      const details = await asked(client, key, fallback)
      expect(details).toMatchObject({ flagKey: key, variant, reason: 'STATIC' })
      expect(details.value).toEqual(value)
      expect([details.errorCode, details.errorMessage]).toEqual([undefined, undefined])
    }
  })

  test('serves the off variant of a flag that is off, and says so', async () => {
    const client = await given()
    expect(await asked(client, 'disabled', 'fallback')).toMatchObject({
      value: 'off',
      reason: 'DISABLED',
      flagMetadata: { reasonDetail: 'off' },
    })
  })

  test('answers with the default where a flag is of another type or missing, and throws nothing', async () => {
    const client = await given()
    for (const [key, fallback] of [
      ['text', false],
      ['text', 1],
      ['text', { a: 1 }],
      ['boolean-on', 'x'],
      ['boolean-on', 1],
      ['whole', false],
      ['half', 'x'],
      ['object', false],
      ['object', 'x'],
      ['object', 1],
    ] as const) {
      const details = await asked(client, key, fallback)
      expect(details).toMatchObject({
        value: fallback,
        reason: 'ERROR',
        errorCode: 'TYPE_MISMATCH',
      })
    }
    for (const fallback of [false, 'x', 1, { a: 1 }])
      expect(await asked(client, 'missing', fallback)).toMatchObject({
        value: fallback,
        reason: 'ERROR',
        errorCode: 'FLAG_NOT_FOUND',
      })
  })

  test('takes the context into account: targeting keys, attributes, and dates', async () => {
    const client = await given()
    const answer = async (context: EvaluationContext) => {
      await sdk.setContext(context)
      const { value: hit, reason } = await asked(client, 'for-ada', 'x')
      return [hit, reason, (await asked(client, 'since-2026', false)).value]
    }

    expect(await answer({})).toEqual(['miss', 'DEFAULT', false])
    expect(await answer({ targetingKey: 'bob' })).toEqual(['miss', 'DEFAULT', false])
    expect(await answer({ targetingKey: 'ada' })).toEqual(['hit', 'TARGETING_MATCH', false])
    expect(await answer({ joined: new Date('2026-03-01') })).toEqual(['miss', 'DEFAULT', true])
    expect(await answer({ joined: new Date('2025-03-01') })).toEqual(['miss', 'DEFAULT', false])
    expect(await answer({ joined: new Date(Number.NaN) })).toEqual(['miss', 'DEFAULT', false])
  })

  test('gives hooks the details, or the error', async () => {
    const client = await given()
    const stages: string[] = []
    const finished: EvaluationDetails<JsonValue>[] = []
    client.addHooks({
      before: () => void stages.push('before'),
      after: (_, { variant }) => void stages.push(`after ${variant}`),
      error: () => void stages.push('error'),
      finally: (_, details) => void finished.push(details),
    })
    await asked(client, 'boolean-on', false)
    await asked(client, 'missing', 'uh-oh')
    await asked(client, 'text', 13)

    expect(stages).toEqual(['before', 'after on', 'before', 'error', 'before', 'error'])
    expect(finished).toMatchObject([
      { flagKey: 'boolean-on', value: true, variant: 'on', reason: 'STATIC' },
      { flagKey: 'missing', value: 'uh-oh', reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' },
      { flagKey: 'text', value: 13, reason: 'ERROR', errorCode: 'TYPE_MISMATCH' },
    ])
  })

  test('names the provider, and gives the metadata of a rollout', async () => {
    const client = await given()
    expect(client.metadata.providerMetadata.name).toBe('flaghoist')
    await sdk.setContext({ targetingKey: 'ada' })
    expect(await asked(client, 'rollout', false)).toMatchObject({
      value: true,
      reason: 'SPLIT',
      flagMetadata: { arm: 'treatment' },
    })
  })

  test('tells of a change with its flags, and answers by it', async () => {
    const client = await given()
    const changes: (string[] | undefined)[] = []
    const changed = new Promise<void>((resolve) => {
      client.addHandler(sdk.events.ConfigurationChanged as never, (details) => {
        changes.push(details?.flagsChanged)
        resolve()
      })
    })
    const body = { fallthrough: { variant: 'parting' }, on: true }
    await shop.ask('PUT', 'flags/text/layers/production', { body })
    await changed

    expect(changes).toEqual([['text']])
    expect((await asked(client, 'text', 'x')).value).toBe('bye')
  })

  test('is stale when the server goes, answers all the same, and is ready when it comes back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flaghoist-openfeature-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const first = await startTestServer({
      FLAGHOIST_DATA_DIR: folder,
      FLAGHOIST_PORT: String(await freePort()),
    })
    await furnish(first)
    const key = await first.makeKey(sdk.kind, 'production')
    const { client, ready } = await sdk.start({ url: first.url, key })
    await ready
    const until = (event: string) =>
      new Promise<void>((resolve) => client.addHandler(event as never, () => resolve()))

    const stale = until(sdk.events.Stale)
    await first[Symbol.asyncDispose]()
    await stale
    expect(client.providerStatus).toBe('STALE')
    expect((await asked(client, 'text', 'x')).value).toBe('hi')

    const returned = until(sdk.events.Ready)
    const { port } = new URL(first.url)
    const second = await startTestServer({ FLAGHOIST_DATA_DIR: folder, FLAGHOIST_PORT: port })
    onTestFinished(() => second[Symbol.asyncDispose]())
    await returned
    expect(client.providerStatus).toBe('READY')
  })

  test('reports an outcome for the variants that its user was given', async () => {
    const client = await given()
    await sdk.setContext({ targetingKey: 'ada' })
    await asked(client, 'rollout', false)
    if (sdk.kind === 'server')
      client.track('Checkout Completed', { targetingKey: 'ada' }, { value: 99 })
    else client.track('Checkout Completed', { value: 99 })
    await sdk.clear()

    const { body } = await shop.ask<{ items: object[] }>('GET', 'outcomes?interval=total')
    expect(body.items).toMatchObject([
      // The provider ended in order.
      { flag: 'rollout', variant: 'on', metric: 'alive', units: 1 },
      { flag: 'rollout', variant: 'on', metric: 'checkout-completed', units: 1 },
    ])
  })

  test('fails in time where nobody answers, and answers with defaults', async () => {
    const { client, ready } = await sdk.start({ url: await startSilence(), key: 'k' }, 300)
    await expect(ready).rejects.toMatchObject({ code: 'GENERAL' })
    expect(client.providerStatus).toBe('ERROR')
    expect(await asked(client, 'text', 'x')).toMatchObject({ value: 'x', reason: 'ERROR' })
  })

  test.for([undefined, null, '', {}, { url: '', key: '' }])(
    'serves fallbacks with the options %j, and throws nothing',
    async (options) => {
      const { client, ready } = await sdk.start(options as never)

      await expect(ready).rejects.toThrow(/OPTION_INVALID/)
      expect(client.providerStatus).toBe('FATAL')
      expect(await client.getBooleanDetails('new-checkout', true)).toMatchObject({ value: true })
    },
  )

  test('fails for good where the key is refused', async () => {
    const { url } = await startShop()
    const { client, ready } = await sdk.start({ url, key: 'fh_server_wrong' }, 2_000)
    await expect(ready).rejects.toMatchObject({ code: 'PROVIDER_FATAL' })
    expect(client.providerStatus).toBe('FATAL')
  })

  test('is ready as soon as a server that was away at the start is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flaghoist-openfeature-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const first = await startTestServer({
      FLAGHOIST_DATA_DIR: folder,
      FLAGHOIST_PORT: String(await freePort()),
    })
    await furnish(first)
    const key = await first.makeKey(sdk.kind, 'production')
    await first[Symbol.asyncDispose]()
    const { client, ready } = await sdk.start({ url: first.url, key }, 300)
    await expect(ready).rejects.toMatchObject({ code: 'GENERAL' })

    const returned = new Promise<void>((resolve) =>
      client.addHandler(sdk.events.Ready as never, () => resolve()),
    )
    const { port } = new URL(first.url)
    const second = await startTestServer({ FLAGHOIST_DATA_DIR: folder, FLAGHOIST_PORT: port })
    onTestFinished(() => second[Symbol.asyncDispose]())
    await returned
    expect((await asked(client, 'text', 'x')).value).toBe('hi')
  })

  test('fails for good where a server that was away refuses the key when it is there', async () => {
    const FLAGHOIST_PORT = String(await freePort())
    const url = `http://127.0.0.1:${FLAGHOIST_PORT}`
    const { client, ready } = await sdk.start({ url, key: 'fh_server_wrong' }, 300)
    await expect(ready).rejects.toMatchObject({ code: 'GENERAL' })

    const failed = new Promise<void>((resolve) =>
      client.addHandler(sdk.events.Error as never, () => {
        if (client.providerStatus === 'FATAL') resolve()
      }),
    )
    const server = await startTestServer({ FLAGHOIST_PORT })
    onTestFinished(() => server[Symbol.asyncDispose]())
    await failed
  })

  test('has a provider for each domain', async () => {
    const first = await given()
    await shop.ask('POST', 'environments', { body: { key: 'staging' } })
    await shop.ask('PUT', 'flags/text/layers/staging', {
      body: { on: true, fallthrough: { variant: 'parting' } },
    })
    const key = await shop.makeKey(sdk.kind, 'staging')
    const { client: second, ready } = await sdk.start({ url: shop.url, key })
    await ready

    const values = [await asked(first, 'text', 'x'), await asked(second, 'text', 'x')]
    expect(values.map(({ value }) => value)).toEqual(['hi', 'bye'])
  })
})

test('the web SDK keeps the context of the options until it receives another', async () => {
  onTestFinished(() => web.clear())
  const shop = await startShop()
  const key = await shop.makeKey('client', 'production')
  const flags = createFlags({ url: shop.url, key, context: { targetingKey: 'ada' } })
  onTestFinished(() => flags.close())
  await WebApi.setProviderAndWait(nextDomain(), new WebProvider(flags))
  expect(flags.context).toEqual({ targetingKey: 'ada' })

  await WebApi.setContext({ targetingKey: 'bob' })
  expect(flags.context).toEqual({ targetingKey: 'bob' })
})

test('the web SDK reconciles where no ruleset has come yet, and has nothing to wait for where one has', async () => {
  onTestFinished(() => web.clear())
  const told: string[] = []
  const listen = (client: Client, name: string) =>
    client.addHandler(WebEvents.Reconciling as never, () => told.push(name))
  const early = await web.start({ url: await startSilence(), key: 'k' }, 300)
  await early.ready.catch(() => undefined)
  listen(early.client, 'early')
  const shop = await startShop()
  const late = await web.start({ url: shop.url, key: await shop.makeKey('client', 'production') })
  await late.ready
  listen(late.client, 'late')

  await WebApi.setContext({ targetingKey: 'ada' })

  expect(told).toEqual(['early'])
})
