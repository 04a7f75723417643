import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import type { Flags } from '../src/flags.ts'
import {
  beat,
  createWorld,
  cut,
  frame,
  options,
  patch,
  put,
  ruleset,
  START,
  type World,
  waitOf,
} from './world.ts'

/** A client that streams, at version 1. */
function streaming(): { world: World; flags: Flags } {
  const world = createWorld()
  const flags = createClient(options, world.platform)
  world.stream(put(1))
  return { world, flags }
}

describe('waits', () => {
  test.for([
    { chance: 0, waits: [0, 0, 0, 0] },
    { chance: 0.5, waits: [2_500, 5_000, 5_000, 5_000] },
    { chance: 0.99, waits: [4_950, 9_900, 9_900, 9_900] },
  ])('double up to ten seconds, times chance $chance', async ({ chance, waits }) => {
    const world = createWorld()
    world.chance = chance
    createClient(options, world.platform)

    for (const wait of waits) {
      world.open[0]!.end(cut)
      expect(await waitOf(world)).toBe(wait)
    }
  })

  test('start anew after a stream that held for a minute', async () => {
    const { world } = streaming()
    world.last('/stream').end(cut)
    expect(await waitOf(world)).toBe(2_500)

    const stream = world.stream(put(1))
    for (let i = 0; i < 8; i += 1) {
      await world.pass(8_000)
      stream.text(beat(1))
    }
    stream.end(cut)

    expect(await waitOf(world)).toBe(2_500)
  })

  test('go on after a stream that held for less', async () => {
    const { world } = streaming()
    world.last('/stream').end(cut)
    expect(await waitOf(world)).toBe(2_500)
    world.stream(put(1)).end(cut)
    expect(await waitOf(world)).toBe(5_000)
  })

  test.for([
    ['Retry-After in seconds', 503, '20', 20_000],
    ['Retry-After as a date', 503, 'date', 20_000],
    ['no Retry-After', 503, undefined, 2_500],
    ['a Retry-After that is none', 503, 'soon', 2_500],
    ['a Retry-After that is sooner than fair', 503, '0', 2_500],
    ['a Retry-After of a week', 503, '604800', 300_000],
    ['a busy server', 429, '7', 7_000],
  ] as const)('follow %s', async ([, status, retryAfter, wait]) => {
    const world = createWorld()
    createClient(options, world.platform)
    const date = new Date(world.platform.now() + 20_000).toUTCString()
    const value = retryAfter === 'date' ? date : retryAfter

    world.last('/stream').reply(status, {}, value === undefined ? {} : { 'retry-after': value })

    expect(await waitOf(world)).toBe(wait)
  })

  test.for([
    ['a refused key', 401, undefined, 60_000],
    ['a key of another project', 403, undefined, 60_000],
    ['nothing there', 404, undefined, 60_000],
    ['a request that is not understood', 400, undefined, 60_000],
    ['a method that is not allowed', 405, undefined, 60_000],
    ['a refused key with a hint', 401, '90', 90_000],
    ['a refused key with a hasty hint', 401, '0', 60_000],
  ] as const)('are long once a poll is refused as well: %s', async ([, status, hint, wait]) => {
    const world = createWorld()
    createClient(options, world.platform)
    const headers = hint === undefined ? {} : { 'retry-after': hint }

    world.last('/stream').reply(status, {}, headers)
    expect(await waitOf(world)).toBe(0)
    world.last('/ruleset').reply(status, {}, headers)

    expect(await waitOf(world)).toBe(wait)
    expect(world.open[0]!.url).toContain('/stream')
  })

  test('spread over the last retry of the stream, and then over twice as much', async () => {
    const { world } = streaming()
    world.last('/stream').text('retry: 4500\n\nretry: 1000\n\n')

    for (const wait of [500, 1_000, 1_000]) {
      world.open[0]!.end(cut)
      expect(await waitOf(world)).toBe(wait)
    }
  })

  test('are never shorter on average than a quarter of a second', async () => {
    const { world } = streaming()
    world.last('/stream').text('retry: 1\n\n')
    world.last('/stream').end()

    expect(await waitOf(world)).toBe(250)
  })
})

describe('what does not fit', () => {
  test.for([
    ['a gap', patch(2, 3)],
    ['another epoch', frame('patch', { epoch: 'e2', from: 0, to: 1, flags: {}, segments: {} })],
    ['a heartbeat that is ahead', beat(2)],
    ['a digest that differs', beat(1, false)],
    ['half a thing', 'event: put\ndata: {"spec":1\n\n'],
    ['another specification', frame('put', { ...ruleset(2), spec: 2 })],
  ])('makes the client ask for everything, at once: %s', async ([, event]) => {
    const { world, flags } = streaming()

    world.last('/stream').text(event!)
    expect(await waitOf(world)).toBe(0)

    expect(world.open).toHaveLength(1)
    expect(world.last('/stream').url).toBe('https://flags.example.com/sdk/v1/stream')
    expect(flags.isEnabled('new-checkout')).toBe(true)
    world.stream(put(5, false))
    expect(flags.status()).toMatchObject({ state: 'live', version: 5 })
  })

  test('makes it wait when it happens again, and poll when it goes on', async () => {
    const { world } = streaming()
    world.last('/stream').text(patch(8, 9))
    expect(await waitOf(world)).toBe(0)
    world.stream(put(1), patch(8, 9))
    expect(await waitOf(world)).toBe(5_000)
    world.stream(put(1), patch(8, 9))
    expect(await waitOf(world)).toBe(5_000)

    expect(world.open[0]!.url).toContain('/ruleset')
    expect(world.last('/ruleset').headers['if-none-match']).toBeUndefined()
  })

  test('takes nothing more of the piece that it came with', () => {
    const { world, flags } = streaming()
    world.last('/stream').text(patch(2, 3) + put(9, false))

    expect(flags.status().version).toBe(1)
  })

  test('is forgotten once everything has come', async () => {
    const { world } = streaming()
    world.last('/stream').text(patch(2, 3))
    await waitOf(world)
    world.stream(put(3)).end()
    await waitOf(world)

    expect(world.last('/stream').url).toContain('?since=e1.3')
  })

  test('on a stream that is tried while polling makes the next poll ask for everything', async () => {
    const world = createWorld()
    createClient(options, world.platform)
    world.stream()
    await world.pass(5_000)
    for (let i = 0; i < 13; i += 1) {
      world.last('/ruleset').reply(200, ruleset(1), { etag: '"1-x"' })
      await waitOf(world)
    }
    world.stream(patch(8, 9))
    await waitOf(world)
    expect(world.last('/ruleset').headers['if-none-match']).toBeUndefined()

    world.last('/ruleset').reply(200, ruleset(1), { etag: '"1-x"' })
    await waitOf(world)
    expect(world.last('/ruleset').headers['if-none-match']).toBe('"1-x"')
  })

  test('is only news where the client knows where it is', async () => {
    const { world } = streaming()
    world.last('/stream').end()
    await waitOf(world)

    expect(world.last('/stream').url).toBe('https://flags.example.com/sdk/v1/stream?since=e1.1')
  })

  test('is no event of a later protocol', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    let isReady = false
    void flags.ready({ timeout: 4_000 }).then(() => {
      isReady = true
    })
    world.stream(frame('news', { a: 1 }))
    await world.pass(3_999)
    await world.pass(0)

    expect(isReady).toBe(false)
    expect(world.open).toHaveLength(1)
  })
})

test('asks for its scope, in every request', async () => {
  const world = createWorld()
  const scoped = { ...options, environment: 'production', instance: 'acme' }
  createClient({ ...scoped, url: 'https://flags.example.com/base/' }, world.platform)
  world.stream(put(1))

  expect(world.sent.map(({ url }) => url)).toEqual([
    'https://flags.example.com/base/sdk/v1/stream?scope=production&instance=acme',
    'https://flags.example.com/base/sdk/v1/events?scope=production&instance=acme',
  ])
  world.last('/stream').end()
  await waitOf(world)
  expect(world.last('/stream').url).toContain('?scope=production&instance=acme&since=e1.1')
})

test('sends a name and a random id, and its key in a header alone', () => {
  const { world } = streaming()
  const [stream, events] = world.sent

  expect(stream!.headers).toEqual({
    authorization: 'Bearer fh_server_test',
    'flaghoist-sdk': 'test/1.0.0',
    'flaghoist-sdk-id': '8000000080000000',
  })
  expect(JSON.parse(events!.body!)).toEqual({
    sdk: { id: '8000000080000000', name: 'test/1.0.0' },
    sentAt: START,
    held: { epoch: 'e1', version: 1 },
  })
  expect(world.sent.every(({ url }) => !url.includes(options.key))).toBe(true)
})

describe('a listener that closes the flags', () => {
  /** What is told of the state, and asked of the server, from then on. */
  const afterwards = async (event: 'change' | 'status', world: World, act: () => void) => {
    const flags = createClient(options, world.platform)
    act()
    const states: string[] = []
    const asked = world.sent.length
    flags.on('status', ({ state, transport }) => states.push(`${state} ${transport}`))
    flags.on(event, () => void flags.close())
    return { flags, states, asked }
  }

  test('in the middle of an event of the stream is heard', async () => {
    const world = createWorld()
    const { states } = await afterwards('change', world, () => world.stream(put(1)))

    world.last('/stream').text(patch(1, 2, { 'new-checkout': null }))
    await world.pass(100_000)

    expect(states).toEqual(['closed none'])
    expect(world.open).toEqual([])
    expect(world.to('/stream')).toHaveLength(1)
  })

  test('in the middle of a poll is heard', async () => {
    const world = createWorld()
    const { states } = await afterwards('change', world, () => world.stream())
    await world.pass(5_000)
    states.length = 0

    world.last('/ruleset').reply(200, ruleset(1))
    await world.pass(100_000)

    expect(states).toEqual(['closed none'])
    expect(world.open).toEqual([])
  })

  test('when the stream ends is heard', async () => {
    const world = createWorld()
    await afterwards('status', world, () => world.stream(put(1)))

    world.last('/stream').end(cut)
    await world.pass(100_000)

    expect(world.to('/stream')).toHaveLength(1)
  })
})
