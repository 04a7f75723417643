import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ClientOptions, createClient, type Flags, type Platform } from '@flaghoist/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type FaultyServer,
  frame,
  type Incoming,
  reply,
  type Script,
  startFaultyServer,
  stream,
} from './faulty-server.ts'
import { fastPlatform, flag, heartbeat, realTime, ruleset, until } from './fixtures.ts'

const good: Script = (request) => serve(request, ruleset(1, true))
const isOn = (flags: Flags) => flags.isEnabled('new-checkout', { targetingKey: 'ada' })

/** Answers as a healthy server does: the stream with a snapshot, the ruleset with JSON. */
function serve(request: Incoming, current: ReturnType<typeof ruleset>): void {
  if (request.path.startsWith('/sdk/v1/stream')) stream(request, frame('put', current))
  else reply(request, 200, JSON.stringify(current), { etag: `"${current.version}-x"` })
}

describe('a client', () => {
  const closing: (() => Promise<unknown>)[] = []
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)

  beforeEach(() => {
    process.on('unhandledRejection', onRejection)
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
    process.off('unhandledRejection', onRejection)
    expect(rejections.splice(0)).toEqual([])
  })

  const serverWith = async (script: Script): Promise<FaultyServer> => {
    const server = await startFaultyServer(script)
    closing.push(() => server.stop().catch(() => undefined))
    return server
  }
  const clientOf = (
    { url }: { url: string },
    options: Partial<ClientOptions> = {},
    platform: Partial<Platform> = {},
  ): Flags => {
    const flags = createClient({ url, key: 'fh_server_test', ...options }, fastPlatform(platform))
    closing.push(() => flags.close())
    return flags
  }
  const live = async (flags: Flags) => {
    expect(await flags.ready({ timeout: 200_000 })).toEqual({ status: 'live' })
  }

  test('answers from the stream of a healthy server, and confirms what it holds', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server)

    await live(flags)

    expect(isOn(flags)).toBe(true)
    expect(flags.status()).toMatchObject({ state: 'live', transport: 'stream', version: 1 })
    expect(server.asked[0]!.headers).toMatchObject({ authorization: 'Bearer fh_server_test' })
    await until('it is confirmed', () => server.reports.some(({ held }) => held?.version === 1))
  })

  test('answers with fallbacks while the server is down, and from it once it is up', async () => {
    const server = await serverWith(good)
    await server.stop()
    const flags = clientOf(server)

    expect(await flags.ready({ timeout: 5_000 })).toEqual({ status: 'default' })
    expect(flags.isEnabled('new-checkout', {}, true)).toBe(true)
    expect(flags.details('new-checkout', false).errorCode).toBe('PROVIDER_NOT_READY')
    await until('it says why', () => flags.status().lastError?.code === 'SERVER_UNREACHABLE')

    await server.restart()
    await until('it is live', () => flags.status().state === 'live')
    expect(isOn(flags)).toBe(true)
  })

  test('keeps answering when the server dies, says that it is stale, and comes back', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server)
    await live(flags)

    await server.stop()
    await until('it is stale', () => flags.status().state === 'stale')
    expect(isOn(flags)).toBe(true)

    server.answer((request) => serve(request, ruleset(2, false)))
    await server.restart()
    await until('it has the next version', () => flags.status().version === 2)
    expect(isOn(flags)).toBe(false)
  })

  const troubles: Record<string, (request: Incoming) => void> = {
    'never answers': () => undefined,
    'sends half a head': ({ socket }) => socket.write('HTTP/1.1 200 O'),
    'hangs up without a word': ({ socket }) => socket.destroy(),
    'sends garbage': ({ socket }) => socket.end('\0\0\0 what is this \xff'),
    'sends garbage as an event': (request) => stream(request, 'event: put\ndata: {"spec":1,\n\n'),
    'sends half a frame and cuts': (request) => {
      stream(request, frame('put', ruleset(9, false)).slice(0, 80))
      request.socket.end()
    },
    'sends a ruleset of another specification': (request) =>
      stream(request, frame('put', { ...ruleset(9, false), spec: 2 })),
    'sends a number for a ruleset': (request) => stream(request, frame('put', 7)),
    'sends a login page': (request) =>
      reply(request, 200, '<html>Log in</html>', { 'content-type': 'text/html' }),
    'sends an empty answer': (request) => reply(request, 200, '', { 'content-type': 'text/plain' }),
    'redirects to another origin': (request) =>
      reply(request, 302, '', { location: 'http://127.0.0.2:9/sdk/v1/stream' }),
    'redirects for ever': (request) => reply(request, 307, '', { location: request.path }),
    'answers 204': (request) => reply(request, 204, ''),
    'answers 429': (request) => reply(request, 429, '{}', { 'retry-after': '1' }),
    'answers 500': (request) => reply(request, 500, '{}'),
    'answers 503 with nonsense in Retry-After': (request) =>
      reply(request, 503, '{}', { 'retry-after': 'soon' }),
    'answers 401': (request) => reply(request, 401, '{}'),
    'answers 403': (request) => reply(request, 403, '{}'),
    'answers 404': (request) => reply(request, 404, '{}'),
  }

  test.for(Object.entries(troubles))(
    'keeps what it has from a server that %s, asks on with one connection, and recovers',
    async ([, trouble]) => {
      const server = await serverWith(trouble)
      const flags = clientOf(server, { bootstrap: ruleset(1, true) })

      await until('it has asked three times', () => server.asked.length >= 3)
      await until('it says what is wrong', () => flags.status().lastError !== undefined)
      expect(isOn(flags)).toBe(true)
      expect(flags.status()).toMatchObject({ state: 'cached', version: 1 })
      expect(flags.status().lastError?.hint).toBeTruthy()
      expect(server.mostOpen).toBe(1)

      server.answer((request) => serve(request, ruleset(2, false)))
      await until('it has recovered', () => flags.status().version === 2)
      expect(isOn(flags)).toBe(false)
      await until('it streams', () => flags.status().transport === 'stream')
      expect(flags.status().lastError).toBeUndefined()
    },
  )

  test('survives every status from 100 to 599, whatever it is about', async () => {
    let status = 99
    const server = await serverWith((request) => {
      status += 1
      reply(request, Math.min(status, 599), '{"no":"ruleset"}')
    })
    // Every wait is drawn as nothing; the fixed ones, for a key that is refused, are left out.
    const { schedule, ...rest } = fastPlatform()
    const hasty: Partial<Platform> = {
      ...rest,
      random: () => 0,
      schedule: (ms, run) => schedule(ms > 20_000 ? 0 : ms, run),
    }
    const flags = clientOf(server, { bootstrap: ruleset(1, true) }, hasty)

    await until('all were sent', () => status >= 599)

    expect(isOn(flags)).toBe(true)
    expect(server.mostOpen).toBe(1)
  })

  test('survives every status from 100 to 599 for its reports', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server)
    await live(flags)
    await until('the first was sent', () => server.reports.length === 1)

    for (let status = 100; status < 600; status += 1) {
      const version = status - 98
      server.answerReports(status)
      // A test that was stopped for 200 ms has lost its stream: the next one sends the version.
      server.answer((request) => serve(request, ruleset(version, true)))
      server.asked.at(-1)!.socket.write(patch(version - 1, version, {}))
      const isSent = () => server.reports.some(({ held }) => held?.version === version)
      await until(`a report was answered ${status}`, isSent)
    }

    expect(flags.status()).toMatchObject({ state: 'live', version: 501 })
    expect(server.mostOpen).toBe(1)
  })

  test('never sends its key to another origin', async () => {
    const thief = await serverWith(good)
    const server = await serverWith((request) =>
      reply(request, 301, '', { location: `${thief.url}/sdk/v1/stream` }),
    )
    const flags = clientOf(server)

    await until('it has asked twice', () => server.asked.length >= 2)

    expect(thief.asked).toEqual([])
    expect(flags.status().lastError).toMatchObject({ code: 'REDIRECT_REFUSED' })
  })

  test('follows a redirect within the origin', async () => {
    const server = await serverWith((request) =>
      request.path.startsWith('/moved')
        ? stream(request, frame('put', ruleset(3, true)))
        : reply(request, 308, '', { location: '/moved' }),
    )
    const flags = clientOf(server)

    await live(flags)

    expect(flags.status()).toMatchObject({ transport: 'stream', version: 3 })
  })

  test('applies patches in order, and tells which flags changed', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server, {}, realTime())
    await live(flags)
    const changes: (readonly string[])[] = []
    flags.on('change', ({ flags: keys }) => changes.push(keys))

    const { socket } = server.asked[0]!
    socket.write(patch(1, 2, { 'new-checkout': flag(false) }))
    await until('it is off', () => !isOn(flags))
    socket.write(patch(2, 3, {}))
    await until('it has version 3', () => flags.status().version === 3)

    expect(changes).toEqual([['new-checkout']])
    expect(server.asked).toHaveLength(1)
  })

  test('ignores a patch that it has, and one from before', async () => {
    const server = await serverWith((request) => stream(request, frame('put', ruleset(5, true))))
    const flags = clientOf(server, {}, realTime())
    await live(flags)

    const { socket } = server.asked[0]!
    socket.write(patch(4, 5, { 'new-checkout': flag(false) }))
    socket.write(patch(1, 2, { 'new-checkout': flag(false) }))
    socket.write(patch(5, 6, { other: flag(true) }))
    await until('it has version 6', () => flags.status().version === 6)

    expect(isOn(flags)).toBe(true)
  })

  test.for([
    ['a gap', patch(3, 4, {})],
    ['a patch of another epoch', patch(1, 2, {}, 'e2')],
    ['a heartbeat that is ahead', frame('heartbeat', { epoch: 'e1', version: 2, digest: 'x' })],
    ['a digest that does not match', frame('heartbeat', { epoch: 'e1', version: 1, digest: 'x' })],
    ['an invalid patch', frame('patch', { epoch: 'e1', from: 1, to: 2 })],
  ] as const)('asks for the whole ruleset after %s', async ([, event]) => {
    const server = await serverWith(good)
    const flags = clientOf(server, {}, realTime())
    await live(flags)
    server.answer((request) => serve(request, ruleset(7, false)))

    server.asked[0]!.socket.write(event)

    await until('it has version 7', () => flags.status().version === 7)
    expect(server.asked[1]!.path).toBe('/sdk/v1/stream')
    expect(server.asked).toHaveLength(2)
    expect(server.mostOpen).toBe(1)
  })

  test('stays on the stream while heartbeats match', async () => {
    const current = ruleset(1, true)
    const server = await serverWith((request) => {
      stream(request, frame('put', current))
      const timer = setInterval(
        () => request.socket.write(frame('heartbeat', heartbeat(current))),
        80,
      )
      request.socket.once('close', () => clearInterval(timer))
    })
    const flags = clientOf(server)
    await live(flags)

    const start = performance.now()
    await until('60 s have passed', () => performance.now() - start > 600)

    expect(server.asked).toHaveLength(1)
    expect(flags.status().state).toBe('live')
  })

  test('takes what the server sends, also a lower version, but no patch behind its own', async () => {
    const server = await serverWith((request) => stream(request, frame('put', ruleset(5, true))))
    const flags = clientOf(server, {}, realTime())
    await live(flags)

    const { socket } = server.asked[0]!
    socket.write(frame('put', ruleset(4, false)))
    await until('it has version 4', () => flags.status().version === 4)
    expect(isOn(flags)).toBe(false)

    socket.write(patch(3, 4, { 'new-checkout': null }))
    socket.write(patch(4, 5, {}))
    await until('it has version 5', () => flags.status().version === 5)
    expect(flags.details('new-checkout', true).errorCode).toBeUndefined()
    expect(server.asked).toHaveLength(1)
  })

  test('leaves a stream that falls silent, within 20 s', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server)
    await live(flags)
    const heard = performance.now()

    await until('it asks again', () => server.asked.length >= 2)

    expect(performance.now() - heard).toBeGreaterThan(150)
    expect(performance.now() - heard).toBeLessThan(1_000)
    expect(server.mostOpen).toBe(1)
    await until('it is live again', () => flags.status().state === 'live')
  })

  test('polls where a proxy holds the stream back, and streams again when it no longer does', async () => {
    const server = await serverWith((request) => {
      // The proxy has the head and the events, and keeps the events.
      if (request.path.startsWith('/sdk/v1/stream')) stream(request)
      else serve(request, ruleset(1, true))
    })
    const flags = clientOf(server)

    await until('it polls', () => flags.status().transport === 'poll')
    expect(isOn(flags)).toBe(true)
    expect(server.mostOpen).toBe(1)

    await until('it polls conditionally', () =>
      server.asked.some(({ headers }) => headers['if-none-match'] === '"1-x"'),
    )
    server.answer((request) => serve(request, ruleset(2, false)))
    await until('it streams', () => flags.status().transport === 'stream')
    expect(isOn(flags)).toBe(false)
  })

  test('stays live on 304', async () => {
    const server = await serverWith((request, n) => {
      if (request.path.startsWith('/sdk/v1/stream')) reply(request, 501, '{}')
      else if (n < 3) serve(request, ruleset(1, true))
      else reply(request, 304, '')
    })
    const flags = clientOf(server)

    await until('it was told 304 twice', () => server.asked.length > 6)

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll', version: 1 })
  })

  test('takes a stream in pieces of one byte', async () => {
    const text = frame('put', { ...ruleset(1, true), project: 'Grüezi 👋' })
    const server = await serverWith((request) => {
      stream(request)
      request.socket.setNoDelay(true)
      const bytes = [...Buffer.from(text)]
      const next = () => {
        const byte = bytes.shift()
        if (byte !== undefined) request.socket.write(Buffer.of(byte), () => setImmediate(next))
      }
      next()
    })
    const flags = clientOf(server)

    await live(flags)

    expect(isOn(flags)).toBe(true)
  })

  test('gives up a response without end', async () => {
    const server = await serverWith((request) => {
      stream(request)
      const piece = `data: ${'x'.repeat(1024 * 1024)}`
      const more = () => {
        if (!request.socket.destroyed) request.socket.write(piece, more)
      }
      more()
    })
    const flags = clientOf(server, { bootstrap: ruleset(1, true) })

    await until('it says so', () => flags.status().lastError?.code === 'RESPONSE_TOO_LARGE')

    expect(isOn(flags)).toBe(true)
  })

  test('has one socket and a flat heap over 1,000 reconnects', { timeout: 60_000 }, async () => {
    const server = await serverWith((request) => {
      stream(request, frame('put', ruleset(1, true)))
      request.socket.end()
    })
    // Half a minute passes between any two looks at the clock, so that failures are never close
    // together.
    let clock = 0
    const elapsed = () => {
      clock += 30_000
      return clock
    }
    const flags = clientOf(server, { exposures: false }, { random: () => 0, elapsed })
    const reconnects = (n: number) =>
      until(`${n} reconnects`, () => server.asked.length >= n, 30_000)
    await reconnects(200)
    const before = heapUsed()

    await reconnects(1_200)

    expect(heapUsed() - before).toBeLessThan(4 * 1024 * 1024)
    expect(server.asked.every(({ path }) => path.startsWith('/sdk/v1/stream'))).toBe(true)
    expect(server.mostOpen).toBe(1)
    expect(isOn(flags)).toBe(true)
  })

  test('reports exposures once, whatever happens on the way', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server)
    await live(flags)
    server.answerReports(503)
    for (let i = 0; i < 10; i += 1) isOn(flags)
    for (let i = 0; i < 200; i += 1)
      flags.isEnabled('new-checkout', { targetingKey: 'ada', instance: `i-${i}` })
    const batches = () => server.reports.flatMap(({ batch }) => batch ?? [])
    await until('it was refused twice', () => batches().length >= 2)

    server.answerReports(202)
    const refused = batches().length
    await until('it was taken', () => batches().length > refused)
    const taken = batches().length
    await flags.close()

    const ids = new Set(batches().map(({ id }) => id))
    expect(ids.size).toBe(1)
    expect(batches()).toHaveLength(taken)
    const { exposures } = batches()[0]!
    expect(exposures[0]).toMatchObject({ flag: 'new-checkout', variant: 'on', count: 10 })
    // Large enough to be gzipped on the way.
    expect(exposures).toHaveLength(201)
  })

  test('answers from what it has after it was closed, and asks no more', async () => {
    const server = await serverWith(good)
    const flags = clientOf(server, {}, realTime())
    await live(flags)

    await flags.close()
    await flags.close()

    expect(isOn(flags)).toBe(true)
    expect(flags.status().state).toBe('closed')
    expect(await flags.ready()).toEqual({ status: 'closed' })
    expect(server.asked).toHaveLength(1)
  })

  test('hands a listener’s error to nobody else', async () => {
    const server = await serverWith(good)
    const warnings: string[] = []
    const flags = clientOf(
      server,
      {},
      {
        ...realTime(),
        warn: (text) => warnings.push(text),
      },
    )
    flags.on('change', () => {
      throw new Error('mine')
    })

    await live(flags)

    expect(isOn(flags)).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('mine')])
  })
})

function patch(from: number, to: number, flags: object, epoch = 'e1'): string {
  return frame('patch', { epoch, from, to, flags, segments: {} })
}

/** Bytes in use after a garbage collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
