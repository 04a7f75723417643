import { once } from 'node:events'
import { EventSource } from 'eventsource'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { KEYS, type OfrepServer, revoke, startOfrep } from './ofrep-server.ts'
import { on } from './shop.ts'

const MINUTE = 60_000

let server: OfrepServer
const sources: EventSource[] = []
beforeEach(async () => {
  // Clients reconnect after 1 s, not after up to 5 s.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  server = await startOfrep()
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const source of sources.splice(0)) source.close()
  await server[Symbol.asyncDispose]()
})

const setTheme = (isOn: boolean) => server.commit(on('theme', 'production', { on: isOn }))

/** URL of the event stream that an evaluation names. */
async function streamUrl(key: string = KEYS.client, of = server): Promise<string> {
  const body = (await (await of.post('', { key })).json()) as {
    eventStreams: [{ endpoint: { requestUri: string } }]
  }
  return of.url + body.eventStreams[0].endpoint.requestUri
}

interface Message {
  readonly type: string
  readonly data: string
}

/** A real EventSource, and the events that it receives. */
function listen(url: string): { source: EventSource; next(): Promise<Message> } {
  const source = new EventSource(url)
  sources.push(source)
  const received: Message[] = []
  const arrivals = new EventTarget()
  source.onmessage = (event) => {
    received.push(event)
    arrivals.dispatchEvent(new Event('arrival'))
  }
  const next = async () => {
    while (received.length === 0) await once(arrivals, 'arrival')
    return received.shift()!
  }
  return { source, next }
}

const etagOf = ({ data }: Message) => (JSON.parse(data) as { etag: string }).etag

function cursor(): string {
  const { epoch, state, hashAt } = server.projects.get('shop')
  return `${epoch}.${state.version}.${hashAt(state.version)}`
}

/** Reads a response until its text holds something. */
async function readUntil(response: Response, wanted: string | RegExp): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true })
    if (text.search(wanted) >= 0) return text
  }
  throw new Error(`The stream ended after ${JSON.stringify(text)}.`)
}

describe('an OFREP event stream', () => {
  test('asks for an evaluation on connect, by an unnamed event', async () => {
    const { next } = listen(await streamUrl())
    const event = await next()

    expect(event.type).toBe('message')
    expect(JSON.parse(event.data)).toEqual({ type: 'refetchEvaluation', etag: cursor() })
  })

  test('asks for an evaluation on every change that its reader can see', async () => {
    const { next } = listen(await streamUrl())
    await next()

    await setTheme(false)
    expect(etagOf(await next())).toBe(cursor())
    await server.commit(on('theme', 'staging', { on: false }))
    await server.commit(on('page-size', 'production', { on: false }))
    await setTheme(true)
    expect(etagOf(await next())).toBe(cursor())
  })

  test('names a version that the evaluation after it holds', async () => {
    const { next } = listen(await streamUrl())
    await next()

    await setTheme(false)
    const query = `?flagConfigEtag=${encodeURIComponent(etagOf(await next()))}`
    const response = await server.post(query, { key: KEYS.client })

    expect(await response.text()).toContain('"key":"theme","value":"light","reason":"DISABLED"')
  })

  test('may be read from other origins, and must not be kept or collected on the way', async () => {
    const response = await fetch(await streamUrl(), { headers: { origin: 'https://shop.example' } })

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    await response.body?.cancel()
  })

  test('beats with comments, which no client takes for an event', async () => {
    await using quick = await startOfrep({ FLAGHOIST_HEARTBEAT_MS: '1000' })
    const response = await fetch(await streamUrl(KEYS.client, quick))
    const text = await readUntil(response, /\n\n:\n\n/)

    expect(text.match(/^data:/gm)).toHaveLength(1)
  })

  test('ends with a hint when to come back when the server closes', async () => {
    const other = await startOfrep()
    const response = await fetch(await streamUrl(KEYS.client, other))
    const read = readUntil(response, /retry: \d+\n\n.*retry: \d+\n\n/s)

    await other[Symbol.asyncDispose]()

    await expect(read).resolves.toContain('refetchEvaluation')
  })
})

describe('the URL of an OFREP event stream', () => {
  test('is whole where the server knows how it is reached', async () => {
    await using known = await startOfrep({ FLAGHOIST_PUBLIC_URL: 'https://flags.example/hoist/' })
    const body = (await (await known.post('')).json()) as { eventStreams: unknown[] }

    expect(body.eventStreams).toEqual([
      {
        type: 'sse',
        url: expect.stringMatching(/^https:\/\/flags\.example\/hoist\/ofrep\/v1\/stream\?token=/),
        inactivityDelaySec: 120,
      },
    ])
  })

  test('runs out, with an answer in the words of OFREP', async () => {
    const url = await streamUrl()
    server.advance(10 * MINUTE)
    const response = await fetch(url)

    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({
      errorCode: 'GENERAL',
      errorDetails: expect.stringContaining('has expired'),
    })
  })

  test('still lets a client come back that was connected', async () => {
    const { source, next } = listen(await streamUrl())
    await next()
    server.advance(18 * MINUTE)

    server.cutConnections()

    expect(etagOf(await next())).toBe(cursor())
    expect(source.readyState).toBe(EventSource.OPEN)
  })

  test.for([
    { url: 'without a token', query: () => '' },
    { url: 'with an empty token', query: () => '?token=' },
    { url: 'with a token that is made up', query: () => '?token=a.b' },
    { url: 'with two tokens', query: (token: string) => `?token=${token}&token=${token}` },
    { url: 'with an API key', query: () => `?token=${KEYS.client}` },
  ])('opens nothing $url', async ({ query }) => {
    const { pathname, searchParams } = new URL(await streamUrl())
    const response = await fetch(server.url + pathname + query(searchParams.get('token')!))

    expect(response.status).toBe(401)
  })

  test('opens nothing on another server', async () => {
    await using other = await startOfrep()
    const { pathname, search } = new URL(await streamUrl())

    expect((await fetch(other.url + pathname + search)).status).toBe(401)
  })

  test.for(['/ofrep/v1/evaluate/flags', '/sdk/v1/ruleset', '/sdk/v1/stream', '/api/v1/projects'])(
    'is no key for %s',
    async (path) => {
      const token = new URL(await streamUrl()).searchParams.get('token')!
      const method = path.startsWith('/ofrep') ? 'POST' : 'GET'
      const headers = { authorization: `Bearer ${token}` }

      expect((await fetch(server.url + path, { method, headers })).status).toBe(401)
    },
  )

  test('ends with the key that asked for it, also for connected clients', async () => {
    const url = await streamUrl()
    const { source, next } = listen(url)
    await next()

    const ended = once(source, 'error')
    await server.commit(revoke('client'))
    await ended

    expect((await fetch(url)).status).toBe(401)
  })
})
