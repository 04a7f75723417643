import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { type Client as ServerClient, OpenFeature as ServerSdk } from '@openfeature/server-sdk'
import {
  ClientProviderEvents,
  type EventDetails,
  type Provider,
  type Client as WebClient,
  OpenFeature as WebSdk,
} from '@openfeature/web-sdk'
import { EventSource } from 'eventsource'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { KEYS, type OfrepServer, startOfrep, text, visible } from './ofrep-server.ts'
import { on } from './shop.ts'

/** The layer of a new flag that is not boolean. */
const NEW = on('fresh', '*', { on: false })

let server: OfrepServer
beforeEach(async () => {
  // Clients reconnect after 1 s, not after up to 5 s.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  server = await startOfrep()
})
afterEach(async () => {
  await ServerSdk.clearProviders()
  await WebSdk.clearProviders()
  await WebSdk.clearContext()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await server[Symbol.asyncDispose]()
})

describe('the server SDK with the OFREP provider', () => {
  async function givenClient(headers: Record<string, string>): Promise<ServerClient> {
    const provider = new OFREPProvider({ baseUrl: server.url, headers })
    await ServerSdk.setProviderAndWait(provider)
    return ServerSdk.getClient()
  }
  const bearer = (key: string = KEYS.server) => ({ authorization: `Bearer ${key}` })

  test('gets values of all four types', async () => {
    const client = await givenClient(bearer())

    expect(await client.getBooleanValue('new-checkout', false)).toBe(true)
    expect(await client.getStringValue('theme', 'none')).toBe('light')
    expect(await client.getNumberValue('page-size', 0)).toBe(50.5)
    expect(await client.getObjectValue('limits', {})).toEqual({ cart: { items: 9 } })
  })

  test('is targeted by its context', async () => {
    const client = await givenClient(bearer())
    const context = { targetingKey: 'ada', plan: 'gold', since: new Date() }

    expect(await client.getStringDetails('theme', 'none', context)).toMatchObject({
      value: 'dark',
      variant: 'dark',
      reason: 'TARGETING_MATCH',
      flagMetadata: { ruleId: 'gold-is-dark' },
    })
  })

  test('serves a subject the same side of a split each time, and serves both sides', async () => {
    const client = await givenClient(bearer())
    const ask = (targetingKey: string) => client.getBooleanDetails('half', false, { targetingKey })
    const first = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`user-${i}`)))
    const second = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`user-${i}`)))

    expect(second).toEqual(first)
    expect(new Set(first.map(({ value, reason }) => `${value} ${reason}`))).toEqual(
      new Set(['true SPLIT', 'false SPLIT']),
    )
  })

  test('gets the off variant of a flag that is killed, and not its own default', async () => {
    const client = await givenClient(bearer())

    expect(await client.getStringDetails('stopped', 'default')).toMatchObject({
      value: 'old',
      reason: 'DISABLED',
      flagMetadata: { reasonDetail: 'killed' },
    })
  })

  test('keeps its own default for a flag without an off variant', async () => {
    const client = await givenClient(bearer())
    await server.commit(visible('fresh', { type: 'string', variants: text('new') }), NEW)

    expect(await client.getStringValue('fresh', 'mine')).toBe('mine')
  })

  test('is served what its instance is served, with its key as X-API-Key', async () => {
    const client = await givenClient({ 'X-API-Key': KEYS.acme })

    expect(await client.getBooleanDetails('new-checkout', true)).toMatchObject({
      value: false,
      reason: 'DISABLED',
    })
  })

  test('sees a change with the next question', async () => {
    const client = await givenClient(bearer())
    await client.getBooleanValue('new-checkout', false)

    await server.commit(on('new-checkout', 'production', { on: false }))

    expect(await client.getBooleanValue('new-checkout', true)).toBe(false)
  })

  test.for([
    { problem: 'an unknown flag', flag: 'nothing', context: {}, errorCode: 'FLAG_NOT_FOUND' },
    { problem: 'a flag of another type', flag: 'theme', context: {}, errorCode: 'TYPE_MISMATCH' },
    {
      problem: 'a targeting key that is an object',
      flag: 'new-checkout',
      context: { targetingKey: {} as string },
      errorCode: 'TARGETING_KEY_MISSING',
    },
    {
      problem: 'too many attributes',
      flag: 'new-checkout',
      context: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, i])),
      errorCode: 'INVALID_CONTEXT',
    },
  ])('gets its default and $errorCode for $problem', async ({ flag, context, errorCode }) => {
    const client = await givenClient(bearer())

    expect(await client.getBooleanDetails(flag, true, context)).toMatchObject({
      value: true,
      reason: 'ERROR',
      errorCode,
    })
  })

  test.for([
    { key: 'an unknown key', secret: 'fh_server_nobody' },
    { key: 'an admin key', secret: KEYS.admin },
  ])('gets its default and an error for $key', async ({ secret }) => {
    const client = await givenClient(bearer(secret))

    expect(await client.getBooleanDetails('new-checkout', false)).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode: 'GENERAL',
    })
  })

  test('pauses as long as a 429 asks it to', async () => {
    await using small = await startOfrep({ FLAGHOIST_RATE_LIMIT: '1' })
    const provider = new OFREPProvider({ baseUrl: small.url, headers: bearer() })
    await ServerSdk.setProviderAndWait(provider)
    const client = ServerSdk.getClient()
    await client.getBooleanValue('new-checkout', false)
    await client.getBooleanValue('new-checkout', false)

    const paused = await client.getBooleanDetails('new-checkout', false)

    expect(paused.errorMessage).toMatch(/paused due to TooManyRequests until/)
  })
})

describe('the web SDK with the OFREP provider', () => {
  type Options = ConstructorParameters<typeof OFREPWebProvider>[0]
  const bearer = (key: string): [string, string][] => [['authorization', `Bearer ${key}`]]

  interface Exchange {
    readonly status: number
    readonly query: string
  }

  /** A web client; what it asks over the network is written down. */
  async function givenClient(
    options: Partial<Options> = {},
  ): Promise<{ client: WebClient; exchanges: Exchange[] }> {
    const exchanges: Exchange[] = []
    const provider = new OFREPWebProvider({
      baseUrl: server.url,
      headers: bearer(KEYS.client),
      cacheMode: 'disabled',
      fetchImplementation: async (input: Request | string | URL, init?: RequestInit) => {
        const request = new Request(input, init)
        const response = await fetch(request)
        exchanges.push({ status: response.status, query: new URL(request.url).search })
        return response
      },
      ...options,
    })
    // Its types are not made for exact optional properties.
    await WebSdk.setProviderAndWait(provider as Provider)
    return { client: WebSdk.getClient(), exchanges }
  }

  /** The next event of a client. */
  const nextEvent = (client: WebClient, event: ClientProviderEvents) =>
    new Promise<EventDetails | undefined>((resolve) => {
      const handler = (details?: EventDetails) => {
        client.removeHandler(event, handler)
        resolve(details)
      }
      client.addHandler(event, handler)
    })

  test('gets every flag that clients may see in one request', async () => {
    await WebSdk.setContext({ targetingKey: 'ada', plan: 'gold' })
    const { client, exchanges } = await givenClient()

    expect(client.getBooleanValue('new-checkout', false)).toBe(true)
    expect(client.getStringDetails('theme', 'none')).toMatchObject({
      value: 'dark',
      variant: 'dark',
      reason: 'TARGETING_MATCH',
      flagMetadata: { ruleId: 'gold-is-dark' },
    })
    expect(client.getStringDetails('stopped', 'default')).toMatchObject({
      value: 'old',
      reason: 'DISABLED',
    })
    expect(client.getNumberDetails('page-size', 7)).toMatchObject({
      value: 7,
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(exchanges).toEqual([{ status: 200, query: '' }])
  })

  test('keeps its own default for a flag without an off variant', async () => {
    await server.commit(visible('fresh', { type: 'string', variants: text('new') }), NEW)
    const { client } = await givenClient()

    expect(client.getStringValue('fresh', 'mine')).toBe('mine')
  })

  test('gets other answers for another context of the same targeting key', async () => {
    await WebSdk.setContext({ targetingKey: 'ada', plan: 'free' })
    const { client, exchanges } = await givenClient()
    expect(client.getStringValue('theme', 'none')).toBe('light')

    await WebSdk.setContext({ targetingKey: 'ada', plan: 'gold' })

    expect(client.getStringValue('theme', 'none')).toBe('dark')
    expect(exchanges.map(({ status }) => status)).toEqual([200, 200])
  })

  test('asks for an instance within the scope of its key by a query', async () => {
    const { client } = await givenClient({
      query: new URLSearchParams({ scope: 'production/acme' }),
    })

    expect(client.getBooleanDetails('new-checkout', true)).toMatchObject({ value: false })
  })

  test('polls with 304 until something changes', async () => {
    const { client, exchanges } = await givenClient({
      pollInterval: 20,
      changeDetection: 'polling',
    })
    await expect.poll(() => exchanges.length).toBeGreaterThanOrEqual(3)

    const changed = nextEvent(client, ClientProviderEvents.ConfigurationChanged)
    await server.commit(on('theme', 'production', { on: false }))
    const event = await changed

    expect(exchanges.slice(0, 3).map(({ status }) => status)).toEqual([200, 304, 304])
    expect(event?.flagsChanged).toEqual(['theme'])
    expect(client.getStringDetails('theme', 'none')).toMatchObject({ reason: 'DISABLED' })
  })

  test('evaluates again when the event stream says so', async () => {
    vi.stubGlobal('EventSource', EventSource)
    const { client, exchanges } = await givenClient()
    await expect.poll(() => exchanges.length).toBe(2)
    const { epoch, state, hashAt } = server.projects.get('shop')
    const cursorOf = (version: number) => `${epoch}.${version}.${hashAt(version)}`

    const changed = nextEvent(client, ClientProviderEvents.ConfigurationChanged)
    await server.commit(on('theme', 'production', { on: false }))
    const event = await changed

    expect(event?.flagsChanged).toEqual(['theme'])
    expect(client.getStringDetails('theme', 'none')).toMatchObject({ reason: 'DISABLED' })
    expect(exchanges).toEqual([
      { status: 200, query: '' },
      { status: 304, query: `?flagConfigEtag=${cursorOf(state.version)}` },
      { status: 200, query: `?flagConfigEtag=${cursorOf(state.version + 1)}` },
    ])
  })

  test('is up to date after its stream was cut while something changed', async () => {
    vi.stubGlobal('EventSource', EventSource)
    const { client, exchanges } = await givenClient()
    await expect.poll(() => exchanges.length).toBe(2)

    const changed = nextEvent(client, ClientProviderEvents.ConfigurationChanged)
    server.cutConnections()
    await server.commit(on('theme', 'production', { on: false }))
    await changed

    expect(client.getStringDetails('theme', 'none')).toMatchObject({ reason: 'DISABLED' })
  })

  test('gets a new URL once that of its stream has run out', async () => {
    vi.stubGlobal('EventSource', EventSource)
    const { client, exchanges } = await givenClient()
    await expect.poll(() => exchanges.length).toBe(2)

    // Away for so long that nothing of what it has is good any more, as after a night asleep.
    server.advance(24 * 60 * 60_000)
    server.cutConnections()
    await vi.waitUntil(() => exchanges.length >= 4, { timeout: 20_000 })
    const changed = nextEvent(client, ClientProviderEvents.ConfigurationChanged)
    await server.commit(on('theme', 'production', { on: false }))

    expect((await changed)?.flagsChanged).toEqual(['theme'])
  })

  test.for([
    { key: 'without a key', headers: [] },
    {
      key: 'with a server key in a browser',
      headers: [...bearer(KEYS.server), ['origin', 'https://shop.example'] as [string, string]],
    },
  ])('does not start $key', async ({ headers }) => {
    await expect(givenClient({ headers })).rejects.toThrow('Initialization failed')
  })
})
