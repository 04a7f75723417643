import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import { createWorld, cut, options, put, ruleset, waitOf } from './world.ts'

describe('a refusal', () => {
  const type = { 'content-type': 'application/problem+json; charset=utf-8' }
  const reason = {
    status: 404,
    code: 'ENTITY_NOT_FOUND',
    detail: 'There is no environment "prod".',
    hint: 'Check the spelling, or create it first.',
    requestId: 'r1',
  }
  /** A client whose stream is refused, and whose poll has a refused head. */
  const refused = async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    world.last('/stream').reply(404)
    await world.pass(0)
    const request = world.last('/ruleset')
    request.head(404, type)
    return { world, flags, request }
  }

  test('is explained in the words of the server', async () => {
    const { world, flags, request } = await refused()
    const text = JSON.stringify(reason)
    request.text(text.slice(0, 20))
    request.text(text.slice(20))
    request.end()

    const { code, detail: message, hint } = reason
    expect(flags.status().lastError).toEqual({ code, message, hint })
    expect(world.warnings).toEqual([`${message} ${hint}`])
    expect(await waitOf(world)).toBe(60_000)
  })

  test.for([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['not an object', 'null'],
    ['a problem of somebody else', '{"type":"about:blank","title":"Not Found"}'],
  ])('is told in words of our own where the server says %s', async ([, text]) => {
    const { flags, request } = await refused()
    request.text(text!)
    request.end()

    expect(flags.status().lastError).toMatchObject({ code: 'KEY_REFUSED' })
  })

  test('is not read for ever', async () => {
    const { flags, request } = await refused()
    request.text('x'.repeat(20_000))

    expect(request.isOpen).toBe(false)
    expect(flags.status().lastError).toMatchObject({ code: 'KEY_REFUSED' })
  })

  test.for([400, 401, 403, 404, 405, 406, 410, 426, 451])(
    'of the stream alone, with status %d, makes the client poll at once',
    async (status) => {
      const world = createWorld()
      const flags = createClient(options, world.platform)
      world.last('/stream').reply(status)
      expect(await waitOf(world)).toBe(0)
      world.last('/ruleset').reply(200, ruleset(1))

      expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
      expect(flags.status().lastError).toMatchObject({ code: 'STREAM_REFUSED' })
      expect(world.warnings).toEqual([expect.stringContaining('Allow GET /sdk/v1/stream')])
    },
  )

  test.for([
    [403, undefined],
    [503, '120'],
  ] as const)(
    'of the stream while polling works does not stop the polling: %s',
    async ([status, hint]) => {
      const world = createWorld()
      const flags = createClient(options, world.platform)
      world.last('/stream').reply(403)
      for (let minute = 0; minute < 3; minute += 1) {
        await world.pass(0)
        const waits: number[] = []
        while (world.open[0]!.url.includes('/ruleset')) {
          world.last('/ruleset').reply(200, ruleset(1))
          waits.push(await waitOf(world))
        }
        // The stream follows the last poll at once.
        expect(waits.pop()).toBe(0)
        expect(new Set(waits)).toEqual(new Set([5_000]))
        world.last('/stream').reply(status, {}, hint === undefined ? {} : { 'retry-after': hint })
        expect(await waitOf(world)).toBe(0)
      }

      expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
    },
  )

  test('with long waits, again and again, makes the client poll', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    for (let i = 0; i < 3; i += 1) {
      world.last('/stream').reply(502, {}, { 'retry-after': '60' })
      expect(await waitOf(world)).toBe(60_000)
    }
    world.last('/ruleset').reply(200, ruleset(1))

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
  })
})

describe('polling', () => {
  const buffered = async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    world.stream()
    await world.pass(5_000)
    return { world, flags }
  }

  test('begins at once where no event comes through', async () => {
    const { world, flags } = await buffered()
    world.last('/ruleset').reply(200, ruleset(1), { etag: '"1-x"' })

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll', version: 1 })
    expect(flags.status().lastError).toMatchObject({ code: 'STREAM_BUFFERED' })
    expect(world.warnings).toEqual([expect.stringContaining('Turn off response buffering')])
  })

  test.for([
    { chance: 0, wait: 4_000 },
    { chance: 0.5, wait: 5_000 },
    { chance: 1, wait: 6_000 },
  ])('asks again after 5 s ± 20 %: $wait ms', async ({ chance, wait }) => {
    const { world } = await buffered()
    world.chance = chance
    world.last('/ruleset').reply(200, ruleset(1), { etag: '"1-x"' })

    expect(await waitOf(world)).toBe(wait)
    expect(world.last('/ruleset').headers['if-none-match']).toBe('"1-x"')
  })

  test('tries the stream again after about a minute, and goes on polling meanwhile', async () => {
    const { world, flags } = await buffered()
    for (let i = 0; i < 13; i += 1) {
      world.last('/ruleset').reply(i === 0 ? 200 : 304, i === 0 ? ruleset(1) : undefined)
      await waitOf(world)
    }
    expect(world.open[0]!.url).toContain('/stream')
    expect(Math.round(world.platform.elapsed() / 1_000)).toBe(65)

    const states: string[] = []
    flags.on('status', ({ state, transport }) => states.push(`${state} ${transport}`))
    world.stream()
    await world.pass(5_000)

    expect(world.open[0]!.url).toContain('/ruleset')
    world.last('/ruleset').reply(304)
    expect(states).toEqual([])
    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
  })

  test('gives way to a stream that works', async () => {
    const { world, flags } = await buffered()
    for (let i = 0; i < 13; i += 1) {
      world.last('/ruleset').reply(200, ruleset(1))
      await waitOf(world)
    }

    world.stream(put(2, false))

    expect(flags.status()).toMatchObject({ transport: 'stream', version: 2, lastError: undefined })
  })

  test('is tried after three failures of the stream within 30 s', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    for (let i = 0; i < 3; i += 1) {
      expect(world.open[0]!.url).toContain('/stream')
      world.last('/stream').reply(500, {})
      await waitOf(world)
    }
    expect(world.open[0]!.url).toContain('/ruleset')

    world.last('/ruleset').reply(200, ruleset(1))

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
    expect(flags.status().lastError).toMatchObject({ code: 'SERVER_REFUSED' })
  })

  test('that fails leaves the next try to the stream', async () => {
    const world = createWorld()
    createClient(options, world.platform)
    const asked: string[] = []
    for (let i = 0; i < 6; i += 1) {
      asked.push(world.open[0]!.url.split('/').at(-1)!)
      world.open[0]!.end(cut)
      await waitOf(world)
    }

    expect(asked).toEqual(['stream', 'stream', 'stream', 'ruleset', 'stream', 'ruleset'])
  })

  test('that works after an outage is given up for the stream at once', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    for (let i = 0; i < 3; i += 1) {
      world.open[0]!.end(cut)
      await waitOf(world)
    }
    world.last('/ruleset').reply(200, ruleset(1))

    expect(await waitOf(world)).toBe(0)
    world.stream(put(1))

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'stream' })
  })

  test('is not tried for failures that are far apart', async () => {
    const world = createWorld()
    createClient(options, world.platform)
    world.stream(put(1))
    for (let i = 0; i < 5; i += 1) {
      await world.pass(14_000)
      world.last('/stream').end(cut)
      await waitOf(world)
      world.stream(put(1))
    }

    expect(world.to('/ruleset')).toEqual([])
  })

  test('waits briefly again after it has worked', async () => {
    const { world } = await buffered()
    for (const wait of [5_000, 5_000]) {
      world.last('/ruleset').end(cut)
      expect(await waitOf(world)).toBe(wait)
      world.stream()
      await world.pass(5_000)
    }
    world.last('/ruleset').reply(200, ruleset(1))
    expect(await waitOf(world)).toBe(5_000)
    world.last('/ruleset').end(cut)

    expect(await waitOf(world)).toBe(2_500)
  })

  test('has time for a large ruleset on a slow line', async () => {
    const { world, flags } = await buffered()
    const poll = world.last('/ruleset')
    poll.head(200, { 'content-type': 'application/json' })
    for (const piece of JSON.stringify(ruleset(1)).match(/.{1,50}/g)!) {
      await world.pass(15_000)
      poll.text(piece)
    }
    poll.end()

    expect(flags.status()).toMatchObject({ transport: 'poll', version: 1 })
  })

  test('keeps the time between two questions that was asked for', async () => {
    const world = createWorld()
    createClient({ ...options, pollIntervalMs: 60_000 }, world.platform)
    world.last('/stream').reply(501, {})
    await waitOf(world)
    world.last('/ruleset').reply(200, ruleset(1))

    expect(await waitOf(world)).toBe(60_000)
  })
})
