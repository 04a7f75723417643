import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PlannedEdit } from '../src/projects/projects.ts'
import { parseCursor } from '../src/rulesets/cursor.ts'
import { Channel } from '../src/streams/channel.ts'
import type { CreateRulesetChannel } from '../src/streams/ruleset-channels.ts'
import { GZIP } from '../src/streams/stream-encoding.ts'
import { type HubServer, openLazyReader, startHub, until } from './hub-server.ts'
import { BASE, flag, on, SHOP } from './shop.ts'
import { openStreamClient, type StreamClient } from './stream-client.ts'

const KEY = 'server:production/acme'
const SWEEP_MS = 2_500

const share = (buckets: number): PlannedEdit =>
  on('new-checkout', '*', {
    ...BASE,
    rollout: { by: 'targetingKey', salt: 's', share: buckets, serve: { variant: 'on' } },
  })

/** A flag whose value takes some room. */
const bulky = (key: string, letter: string, length: number): PlannedEdit =>
  flag(key, {
    type: 'string',
    variants: [
      { key: 'on', value: letter.repeat(length) },
      { key: 'off', value: '' },
    ],
  })

const bulk = (flags: number, length: number): readonly PlannedEdit[] =>
  Array.from({ length: flags }, (_, i) => [
    bulky(`bulk-${i}`, 'x', length),
    on(`bulk-${i}`, '*', BASE),
  ]).flat()

const types = ({ events }: StreamClient) => events.map(({ type }) => type)

async function openClient(server: HubServer, key = KEY, options = {}): Promise<StreamClient> {
  const client = await openStreamClient(server.url, key, options)
  await client.until('something has come', () => client.events.length > 0)
  return client
}

/** Lets a lazy reader read on until a text has come. */
async function readUntil(socket: Socket, event: string, text: string): Promise<void> {
  let read = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    read += piece
  })
  socket.resume()
  await until(event, () => read.includes(text))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a hub', () => {
  test('sends no event for a change that does not affect the target', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub()
    const client = await openClient(server)

    const first = await server.commit(share(1))
    await client.until('the first has come', () => client.ruleset?.version === first)
    await server.commit(on('theme', 'staging', { on: false }))
    await server.commit(flag('theme', { description: 'Another one' }))
    vi.advanceTimersByTime(8_000)
    await client.until('a heartbeat has come', () => client.events.length === 3)
    const version = await server.commit(share(2))
    await client.until('the next has come', () => client.ruleset?.version === version)

    expect(types(client)).toEqual(['put', 'patch', 'heartbeat', 'patch'])
    expect(JSON.parse(client.events[2]!.data)).toMatchObject({ version: first })
    expect(JSON.parse(client.events[3]!.data)).toMatchObject({ from: first, to: version })
    client.close()
  })

  test('asks many clients to spread their confirmations, and a few to confirm at once', {
    timeout: 30_000,
  }, async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub()
    const beats = ({ events }: StreamClient) =>
      events.flatMap(({ type, data }) => (type === 'heartbeat' ? [JSON.parse(data)] : []))
    const first = await openClient(server)
    vi.advanceTimersByTime(8_000)
    await first.until('a heartbeat has come', () => beats(first).length === 1)
    const others = await Promise.all(Array.from({ length: 249 }, () => openClient(server)))
    vi.advanceTimersByTime(8_000)
    await first.until('another has come', () => beats(first).length === 2)

    expect(beats(first).map(({ confirmWithinMs }) => confirmWithinMs)).toEqual([undefined, 250])
    for (const client of [first, ...others]) client.close()
  })

  test('lets a change overtake the heartbeats that are still to be sent', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub()
    const first = await openClient(server)
    const sockets = await Promise.all(
      Array.from({ length: 198 }, () => openLazyReader(server.url, KEY)),
    )
    await until('all are open', () => server.hub.size === 199)
    const last = await openClient(server)

    // A turn of 5 ms sends about 100 heartbeats.
    let elapsed = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      elapsed += 0.05
      return elapsed
    })
    onTestFinished(() => clock.mockRestore())
    vi.advanceTimersByTime(8_000)
    await server.commit(share(1))
    for (const client of [first, last])
      await client.until('both have come', () => client.events.length === 3)

    expect(types(first)).toEqual(['put', 'heartbeat', 'patch'])
    expect(types(last)).toEqual(['put', 'patch', 'heartbeat'])
    for (const client of [first, last]) client.close()
    for (const socket of sockets) socket.destroy()
  })

  test('sends the whole ruleset where a patch would be larger still', async () => {
    const dropped = Array.from({ length: 20 }, (_, i) => `${'d'.repeat(90)}-${i}`)
    await using server = await startHub({
      project: [
        ...SHOP,
        ...bulk(5, 60_000),
        ...dropped.flatMap((key) => [flag(key), on(key, '*', BASE)]),
      ],
    })
    const client = await openClient(server)
    const first = client.events[0]!

    const version = await server.commit(
      ...Array.from({ length: 5 }, (_, i) => bulky(`bulk-${i}`, 'y', 60_000)),
      ...dropped.map((key) => flag(key, { archivedAt: '2026-11-20T08:00:00Z' })),
    )
    await client.until('it has come', () => client.ruleset?.version === version)
    const late = await openClient(server, KEY, { since: first.id })

    expect(types(client)).toEqual(['put', 'put'])
    expect(types(late)).toEqual(['put'])
    client.close()
    late.close()
  })

  test('sends a heartbeat that fits the sent updates, at each beat', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub({ heartbeatMs: 1_000 })
    const client = await openClient(server)
    await server.commit(share(1))

    vi.advanceTimersByTime(2_000)
    await client.until('two have come', () => client.events.length === 4)

    // The client itself compares epoch, version and digest with what it holds.
    expect(types(client)).toEqual(['put', 'patch', 'heartbeat', 'heartbeat'])
    client.close()
  })

  test('cuts the streams of a key that has expired, within 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const live = new Set([KEY, 'server:staging'])
    await using server = await startHub({ isKeyLive: (keyId) => live.has(keyId) })
    const expiring = await openClient(server)
    const other = await openClient(server, 'server:staging')

    live.delete(KEY)
    vi.advanceTimersByTime(5_000)
    await expiring.until('it is cut', () => expiring.isClosed)

    expect(other.isClosed).toBe(false)
    other.close()
  })

  test('refuses more streams than a key may have, until one of them has ended', async () => {
    await using server = await startHub({ limits: { perKey: 2 } })
    const clients = [await openClient(server), await openClient(server)]

    await expect(openStreamClient(server.url, KEY)).rejects.toThrow('429')
    const other = await openClient(server, 'server:staging')
    clients[0]!.close()
    await until('it is noticed', () => server.hub.size === 2)
    const third = await openClient(server)

    for (const client of [clients[1]!, other, third]) client.close()
  })

  test('does not count a stream that failed to open', async () => {
    let fails = true
    const channel: CreateRulesetChannel = (published, _, encoding) => {
      if (fails) throw new Error('cannot be compiled')
      return new Channel(published, encoding, 262_144)
    }
    await using server = await startHub({ limits: { perKey: 1 }, channel })

    await expect(openStreamClient(server.url, KEY)).rejects.toThrow('500')
    fails = false
    const client = await openClient(server)

    client.close()
  })

  test('keeps nothing of a client that left before its stream was open', async () => {
    let leave = () => {}
    await using server = await startHub({
      beforeOpen: async (response) => {
        leave()
        await once(response, 'close')
      },
    })
    const socket = await openLazyReader(server.url, KEY)
    leave = () => socket.destroy()

    await until('it was asked for', () => server.responses.length === 1)
    leave()
    await once(server.responses[0]!, 'close')
    await new Promise((resolve) => setImmediate(resolve))

    expect(server.hub.size).toBe(0)
    expect(server.propagation.report('shop', 1).connected).toBe(0)
  })

  test('keeps nothing of a thousand clients that came and went', { timeout: 60_000 }, async () => {
    await using server = await startHub()
    for (let round = 0; round < 20; round += 1) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => openClient(server)))
      expect(server.hub.size).toBe(50)
      for (const client of clients) client.close()
      await until('all are gone', () => server.hub.size === 0)
    }

    expect(server.propagation.report('shop', 1)).toMatchObject({ connected: 0 })
    const version = await server.commit(share(1))
    const last = await openClient(server)
    expect(last.ruleset?.version).toBe(version)
    last.close()
  })
})

describe('a stream whose client accepts gzip', () => {
  const gzip = { headers: { 'accept-encoding': 'gzip' } }

  test('carries the same text as one without gzip, through changes of every size', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub({ project: [...SHOP, ...bulk(4, 10)] })
    const plain = await openClient(server)
    const zipped = await openClient(server, KEY, gzip)
    expect([plain.encoding, zipped.encoding]).toEqual([undefined, 'gzip'])

    const bothHave = (events: number) =>
      Promise.all(
        [plain, zipped].map((client) =>
          client.until('the next event has come', () => client.events.length === events),
        ),
      )
    let version = 0
    let events = 1
    for (const length of [1, 3_900, 5_000, 60_000]) {
      const names = ['bulk-0', 'bulk-1', 'bulk-2', 'bulk-3'].slice(0, length > 5_000 ? 4 : 1)
      version = await server.commit(...names.map((name) => bulky(name, 'x', length)))
      await bothHave(events + 1)
      vi.advanceTimersByTime(8_000)
      await bothHave(events + 2)
      events += 2
    }

    expect(zipped.ruleset).toMatchObject({ version })
    expect(zipped.text.replace(/retry: \d+/, '')).toBe(plain.text.replace(/retry: \d+/, ''))
    plain.close()
    zipped.close()
  })

  test('compresses the first ruleset to a tenth, and sends patches and resumed streams in under 1,000 bytes', async () => {
    await using server = await startHub({
      project: [
        ...SHOP,
        ...Array.from({ length: 1_000 }, (_, i) => [flag(`f${i}`), on(`f${i}`, '*', BASE)]).flat(),
      ],
    })
    const plain = await openClient(server)
    const zipped = await openClient(server, KEY, gzip)
    const first = zipped.received
    expect(first).toBeLessThan(plain.received / 10)

    const { id } = zipped.events[0]!
    const late = await openClient(server, KEY, { ...gzip, since: id, held: zipped.ruleset })
    await server.commit(share(1))
    await zipped.until('the patch has come', () => zipped.events.length === 2)

    expect(zipped.received - first).toBeLessThan(1_000)
    expect(late.received).toBeLessThan(1_000)
    for (const client of [plain, zipped, late]) client.close()
  })

  test('ends with a hint when to reconnect', async () => {
    await using server = await startHub()
    const client = await openClient(server, KEY, gzip)
    server.hub.close()
    await client.until('it has ended', () => client.isClosed)
    expect(client.retries).toHaveLength(2)
  })
})

describe('a stream of age', () => {
  test('ends with a hint when to come back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub({ streamAgeMs: 60_000 })
    const client = await openClient(server)

    server.advance(60_000 * 0.79)
    vi.advanceTimersByTime(SWEEP_MS)
    expect(client.retries).toHaveLength(1)
    server.advance(60_000 * 0.42)
    vi.advanceTimersByTime(SWEEP_MS)
    await client.until('it has ended', () => client.isClosed)

    expect(client.retries).toHaveLength(2)
    await until('it is forgotten', () => server.hub.size === 0)
    expect(server.propagation.connections('shop').size).toBe(1)
    server.advance(10_000)
    expect(server.propagation.connections('shop').size).toBe(0)
  })

  test('whose client does not read is written nothing more, and cut', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    await using server = await startHub({
      project: [...SHOP, ...bulk(200, 60_000)],
      streamAgeMs: 60_000,
      heartbeatMs: 1_000,
    })
    const socket = await openLazyReader(server.url, KEY)
    await until('it is open', () => server.hub.size === 1)
    const { socket: ended } = server.responses[0]!

    server.advance(100_000)
    vi.advanceTimersByTime(SWEEP_MS)
    expect(ended!.writableEnded).toBe(true)
    expect(server.hub.size).toBe(1)
    await server.commit(share(1)) // Would be an uncaught error if it were written.
    vi.advanceTimersByTime(SWEEP_MS)
    server.advance(11_000)
    vi.advanceTimersByTime(SWEEP_MS)

    await until('it is cut', () => server.hub.size === 0)
    socket.destroy()
  })
})

describe('a stream that is prepared', () => {
  test('has its first event, although a stream that needs none was prepared first', async () => {
    await using server = await startHub()
    const client = await openClient(server)
    const since = parseCursor(client.events[0]!.id)
    const target = { project: 'shop', scope: 'production/acme', audience: 'server' } as const

    const current = server.hub.prepare(target, GZIP, since)
    const empty = server.hub.prepare(target, GZIP, undefined)
    await Promise.all([current, empty])

    expect([current, empty]).toEqual([expect.any(Promise), expect.any(Promise)])
    expect(server.hub.prepare(target, GZIP, undefined)).toBeUndefined()
    client.close()
  })
})

describe('a slow reader', () => {
  test('is not cut while it fetches a large ruleset, and then lacks nothing', async () => {
    await using server = await startHub({
      project: [...SHOP, ...bulk(200, 60_000)],
      bufferBytes: 16_384,
    })
    const socket = await openLazyReader(server.url, KEY)
    await until('it is open', () => server.hub.size === 1)
    expect(server.responses[0]!.writableLength).toBeGreaterThan(16_384)

    const version = await server.commit(share(1))
    await readUntil(socket, 'the patch has come', `"to":${version}`)

    expect(server.hub.size).toBe(1)
    socket.destroy()
  })

  test('is not cut while it fetches a patch of many flags, and then lacks nothing', async () => {
    await using server = await startHub({
      project: [...SHOP, ...bulk(200, 10)],
      bufferBytes: 16_384,
    })
    const socket = await openLazyReader(server.url, KEY)
    await until('it is open', () => server.hub.size === 1)

    const names = Array.from({ length: 200 }, (_, i) => `bulk-${i}`)
    await server.commit(...names.map((name) => bulky(name, 'x', 60_000)))
    await until('it is sent', () => server.responses[0]!.writableLength > 1_000_000)
    const version = await server.commit(share(1))
    await readUntil(socket, 'both patches have come', `"to":${version}`)

    expect(server.hub.size).toBe(1)
    socket.destroy()
  })

  test('is cut at the usual limit again once it has read a large ruleset', {
    timeout: 60_000,
  }, async () => {
    await using server = await startHub({
      project: [...SHOP, ...bulk(250, 60_000)],
      bufferBytes: 16_384,
    })
    const socket = await openLazyReader(server.url, KEY)
    await until('it is open', () => server.hub.size === 1)
    const version = await server.commit(share(1))
    await readUntil(socket, 'it has read all', `"to":${version}`)
    socket.pause()

    // Less than the ruleset of 15 MB, and more than the system buffers.
    for (let i = 0; i < 240 && server.hub.size > 0; i += 1) {
      await server.commit(bulky('bulk-0', String.fromCharCode(97 + (i % 26)), 60_000))
      await new Promise((resolve) => setImmediate(resolve))
    }

    expect(server.hub.size).toBe(0)
    socket.destroy()
  })

  test('costs no memory: it is cut, and the others go on', { timeout: 60_000 }, async () => {
    await using server = await startHub({ project: [...SHOP, ...bulk(1, 10)], bufferBytes: 65_536 })
    const reader = await openClient(server)
    const lazy = await Promise.all(
      Array.from({ length: 20 }, () => openLazyReader(server.url, KEY)),
    )
    await until('all are open', () => server.hub.size === 21)

    let most = 0
    let version = 0
    for (let i = 0; i < 200; i += 1) {
      version = await server.commit(bulky('bulk-0', String.fromCharCode(97 + (i % 26)), 60_000))
      await new Promise((resolve) => setImmediate(resolve)) // The reader is in this process.
      const unsent = server.responses.map((one) => (one.destroyed ? 0 : one.writableLength))
      most = Math.max(most, ...unsent)
    }
    await reader.until('it has all', () => reader.ruleset?.version === version)

    await until('only the reader is left', () => server.hub.size === 1)
    expect(most).toBeLessThan(65_536 + 2 * 60_000)
    reader.close()
    for (const socket of lazy) socket.destroy()
  })
})
