import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import type { Flags } from '../src/flags.ts'
import type { Platform } from '../src/platform.ts'
import { beat, createWorld, options, patch, put, ruleset, START, type World } from './world.ts'

/** A client whose stream has brought its first event and, 8 s later, a heartbeat. */
async function streaming(parts: Partial<Platform> = {}): Promise<{ world: World; flags: Flags }> {
  const world = createWorld(parts)
  const flags = createClient(options, world.platform)
  world.stream(put(1))
  await world.pass(8_000)
  world.last('/stream').text(beat(1))
  return { world, flags }
}

describe('silence', () => {
  test('ends a request without a head after 5 s, and asks again', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)

    await world.pass(4_999)
    expect(world.open).toHaveLength(1)
    await world.pass(1)

    expect(world.open).toEqual([])
    expect(flags.status().lastError).toMatchObject({ code: 'SERVER_SILENT' })
  })

  test('ends a stream after 20 s, whatever comments a proxy sends, and not before', async () => {
    const { world, flags } = await streaming()
    await world.pass(15_000)
    world.last('/stream').text(': kept alive by a proxy\n\n')
    await world.pass(4_999)
    expect(flags.status()).toMatchObject({ state: 'live', transport: 'stream' })

    await world.pass(1)

    expect(world.open).toEqual([])
    expect(flags.status()).toMatchObject({ state: 'stale', transport: 'none' })
    expect(flags.isEnabled('new-checkout')).toBe(true)
  })

  test('is broken by each part of a large event', async () => {
    const { world, flags } = await streaming()
    for (const part of put(2, false).match(/.{1,50}\n*/g)!) {
      await world.pass(15_000)
      world.last('/stream').text(part)
    }

    expect(flags.status()).toMatchObject({ state: 'live', version: 2 })
    expect(world.to('/stream')).toHaveLength(1)
  })

  test('before the first event means a proxy that buffers, whatever comments it sends', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    world.stream()
    for (let i = 0; i < 4; i += 1) {
      await world.pass(1_000)
      world.last('/stream').text(':\n\n')
    }
    await world.pass(1_000)
    world.last('/ruleset').reply(200, ruleset(1))

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })
    expect(flags.status().lastError).toMatchObject({ code: 'STREAM_BUFFERED' })
  })

  test.for([
    ['the first event', put(1)],
    ['a few events at once', put(1) + patch(1, 2) + patch(2, 3)],
    ['the first event and comments', `${put(1)}:\n\n`],
  ] as const)('after %s means a proxy that holds the rest: polls within 20 s', async ([, text]) => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    const told: string[] = []
    world.stream(text)
    flags.on('status', ({ state, transport }) => told.push(`${state} ${transport}`))
    await world.pass(10_000)
    world.last('/stream').text(':\n\n')
    await world.pass(8_000)
    world.last('/ruleset').reply(200, ruleset(9, false))

    expect(flags.isEnabled('new-checkout')).toBe(false)
    expect(told).toEqual(['live poll'])
    expect(flags.status().lastError).toMatchObject({ code: 'STREAM_BUFFERED' })
  })
})

describe('a late timer', () => {
  /** The stream is silent for 24 s, the last 12 of which the process did not run. */
  const late = async () => {
    const { world, flags } = await streaming()
    await world.pass(12_000)
    world.sleep(12_000)
    return { world, flags }
  }

  test('leaves time to read what was received meanwhile', async () => {
    const { world, flags } = await late()
    expect(flags.status()).toMatchObject({ state: 'stale', transport: 'none' })
    await world.pass(1_999)
    world.last('/stream').text(beat(1))

    expect(flags.status()).toMatchObject({ state: 'live', transport: 'stream' })
    expect(world.to('/stream')).toHaveLength(1)
  })

  test('is forgiven for two seconds', async () => {
    const { world } = await late()
    await world.pass(1_999)
    expect(world.open).toHaveLength(1)
    await world.pass(1)

    expect(world.open).toEqual([])
  })

  test('is forgiven once', async () => {
    const { world } = await late()
    await world.pass(0)
    world.sleep(12_000)
    await world.pass(0)

    expect(world.open).toEqual([])
  })
})

describe('a sleep', () => {
  test('ends `live` before any timer has fired, and makes the client ask at once', async () => {
    const { world, flags } = await streaming()
    const told: string[] = []
    flags.on('status', ({ state, transport }) => told.push(`${state} ${transport}`))

    world.sleep(60_000)
    expect(flags.status()).toMatchObject({ state: 'stale', transport: 'none', ageMs: 60_000 })
    expect(await flags.ready()).toEqual({ status: 'cached' })
    await world.pass(0)

    expect(world.to('/stream')).toHaveLength(2)
    expect(world.open).toHaveLength(1)
    expect(world.open[0]!.url).toContain('?since=e1.1')
    world.stream(put(2, false))
    expect(told).toEqual(['stale none', 'live stream'])
    expect(flags.isEnabled('new-checkout')).toBe(false)
  })

  test('makes a client that polls ask at once', async () => {
    const world = createWorld()
    const flags = createClient({ ...options, pollIntervalMs: 3_600_000 }, world.platform)
    world.last('/stream').reply(403)
    await world.pass(0)
    world.last('/ruleset').reply(200, ruleset(1))
    await world.pass(1_000_000)
    expect(flags.status()).toMatchObject({ state: 'live', transport: 'poll' })

    world.sleep(86_400_000)
    expect(flags.status().state).toBe('stale')
    await world.pass(0)

    expect(world.open).toHaveLength(1)
  })

  test.for(['connecting', 'waiting'])(
    'again and again, while %s, makes it ask at once',
    async (phase) => {
      const { world, flags } = await streaming()
      for (let i = 0; i < 5; i += 1) {
        world.sleep(300_000)
        await world.pass(100)
        expect(world.open).toHaveLength(1)
        if (phase === 'waiting') world.open[0]!.end(new Error('ECONNRESET'))
      }
      world.sleep(300_000)
      await world.pass(100)
      if (world.open[0] === world.last('/stream')) world.stream(put(2, false))
      else world.last('/ruleset').reply(200, ruleset(2, false))

      expect(flags.isEnabled('new-checkout')).toBe(false)
    },
  )

  test('is seen on the wall clock where the monotonic clock stops meanwhile', async () => {
    let jumpedMs = 0
    const now = () => START + jumpedMs
    const { world, flags } = await streaming({ now })

    jumpedMs = 3_600_000
    expect(flags.status()).toMatchObject({ state: 'stale', ageMs: 3_600_000 })
    await world.pass(5_000)

    expect(world.to('/stream')).toHaveLength(2)
    world.stream(beat(1))
    expect(flags.status()).toMatchObject({ state: 'live', ageMs: 0 })
  })

  test('is not seen in a wall clock that is set back, or slewed', async () => {
    let driftMs = 0
    const world = createWorld()
    const platform = { ...world.platform, now: () => world.platform.now() + driftMs }
    const flags = createClient(options, platform)
    world.stream(put(1))
    for (let i = 0; i < 10; i += 1) {
      driftMs += i === 3 ? -86_400_000 : 1_000
      await world.pass(8_000)
      world.last('/stream').text(beat(1))
    }

    expect(flags.status()).toMatchObject({ state: 'live', ageMs: 0 })
    expect(world.to('/stream')).toHaveLength(1)
  })

  test('of a page that is hidden wakes nothing', async () => {
    let setActive: (isActive: boolean) => void = () => {}
    const { world } = await streaming({
      onActivity(listener) {
        setActive = listener
        return () => {}
      },
    })
    setActive(false)
    world.sleep(3_600_000)
    await world.pass(60_000)
    expect(world.open).toEqual([])
    expect(world.to('/stream')).toHaveLength(1)

    setActive(true)
    expect(world.to('/stream')).toHaveLength(2)
  })

  test('after close wakes nothing', async () => {
    const { world, flags } = await streaming()
    void flags.close()
    world.sleep(3_600_000)
    await world.pass(60_000)

    expect(world.open).toEqual([])
  })
})
