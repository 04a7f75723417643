import { describe, expect, test } from 'vitest'
import { type Client, createClient } from '../src/client.ts'
import {
  batches,
  openReports,
  type Report,
  reportOf,
  rollingOut,
  streaming,
  take,
} from './reporting.ts'
import { createWorld, flag, frame, options, patch, ruleset, type World } from './world.ts'

describe('an end', () => {
  /** A page that was hidden, and counts somebody else while its report is on its way. */
  const hidden = async () => {
    const { world, flags } = rollingOut()
    flags.isEnabled('all', { targetingKey: 'ada' })
    world.leave(true)
    const [slow] = openReports(world)
    await world.pass(500)
    flags.isEnabled('all', { targetingKey: 'bob' })
    return { world, flags, slow }
  }

  test('by close sends what was counted, all of it', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    flags.isEnabled('new-checkout', { targetingKey: 'ada' })
    let isClosed = false
    const closed = flags.close().then(() => {
      isClosed = true
    })
    await world.pass(0)
    expect(isClosed).toBe(false)
    take(world)
    take(world)
    await closed

    expect(batches(world).flatMap(({ exposures }) => exposures.map(({ count }) => count))).toEqual([
      1, 1,
    ])
    expect(flags.close()).toBe(flags.close())
  })

  test('by close waits for no more than 5 s', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    let isClosed = false
    const closed = flags.close().then(() => {
      isClosed = true
    })
    await world.pass(4_999)
    expect(isClosed).toBe(false)
    await world.pass(1)
    await closed
  })

  test('of a page does not wait for what is on its way; what may have been lost comes again under its id', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    flags.isEnabled('new-checkout', { targetingKey: 'ada' })

    world.leave(true)
    world.leave(true)

    const [first, last] = openReports(world)
    expect(openReports(world)).toHaveLength(2)
    first!.reply(202, {})
    last!.reply(503, {})
    await world.pass(10_000)
    take(world)
    await world.pass(60_000)

    const sent = batches(world)
    expect(sent.map(({ exposures }) => exposures)).toMatchObject(
      Array.from({ length: 3 }, () => [{ count: 1 }]),
    )
    expect(sent[2]).toEqual(sent[1])
  })

  test('of a page sends also what waits for a server that was away, and what was counted since', async () => {
    const { world, flags } = rollingOut()
    for (const targetingKey of ['ada', 'bob', 'cy']) {
      flags.isEnabled('all', { targetingKey })
      await world.pass(1_000)
      for (const report of openReports(world)) report.reply(503, {}, { 'retry-after': '5' })
    }
    const mine = flags.for({ targetingKey: 'dan' })
    mine.isEnabled('all')
    mine.track('left')

    world.leave(true)

    const told = openReports(world).flatMap((report) => reportOf(report).batch ?? [])
    const units = told.flatMap(({ exposures }) => exposures.flatMap((one) => one.units as string[]))
    expect(new Set(units).size).toBe(4)
    expect(told.flatMap(({ outcomes }) => outcomes)).toMatchObject([{ metric: 'left' }])
  })

  test('of a page that was only hidden loses nothing that is counted while its report is on its way', async () => {
    const { world, flags, slow } = await hidden()
    const closed = flags.close()
    await world.pass(0)
    slow!.reply(202, {})
    for (let i = 0; i < 3; i += 1) {
      for (const report of openReports(world)) report.reply(202, {})
      await world.pass(0)
    }
    await closed

    const units = batches(world).flatMap(({ exposures }) => exposures.flatMap((one) => one.units))
    expect(new Set(units).size).toBe(2)
  })

  test('of a page whose report was slow goes on by itself', async () => {
    const { world, slow } = await hidden()
    await world.pass(2_500)
    slow!.reply(202, {})
    await world.pass(2_000)

    const units = batches(world).flatMap(({ exposures }) => exposures.flatMap((one) => one.units))
    expect(new Set(units).size).toBe(2)
  })

  test.each([
    ['a key that is refused', 401, {}],
    ['a server that wants to be left alone', 429, { 'retry-after': '120' }],
  ] as const)('of a page does not pile up on %s', async (_, status, headers) => {
    const { world, flags } = streaming()
    const hides: number[] = []
    for (let i = 0; i < 6; i += 1) {
      flags.isEnabled('new-checkout', { targetingKey: `user-${i}` })
      const before = world.to('/events').length
      world.leave(true)
      for (const report of openReports(world)) report.reply(status, {}, headers)
      await world.pass(1_000)
      hides.push(world.to('/events').length - before)
    }
    expect(Math.max(...hides)).toBe(1)

    // What was held back comes when it may.
    let taken = 0
    for (let second = 0; second < 300; second += 1) {
      await world.pass(1_000)
      for (const report of openReports(world)) {
        for (const { count } of reportOf(report).batch?.exposures ?? []) taken += Number(count)
        report.reply(202, {})
      }
    }
    expect(taken).toBe(6)
  })

  test('of a page comes in pieces that a browser sends', () => {
    const entries = Array.from({ length: 900 }, (_, i) => [`flag-${i}`, flag(true)])
    const { world, flags } = streaming(
      {},
      frame('put', ruleset(1, true, { flags: Object.fromEntries(entries) })),
    )
    for (const [key] of entries) flags.isEnabled(key as string)

    world.leave(true)

    const sizes = openReports(world).map(({ body }) => body!.length)
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.max(...sizes)).toBeLessThan(21_000)
    expect(openReports(world).flatMap((report) => reportOf(report).batch!.exposures)).toHaveLength(
      900,
    )
  })

  test('of a page sends each batch once where a request ends before it returns', () => {
    const sent: string[] = []
    const world = createWorld()
    const { request } = world.platform
    const flags = createClient(options, {
      ...world.platform,
      request(made, on) {
        if (!made.url.includes('/events')) return request(made, on)
        const { batch } = JSON.parse(made.body!) as Report
        if (batch) sent.push(...batch.exposures.map(({ flag: key }) => String(key)))
        on.onHead(202, () => undefined)
        on.onEnd()
        return () => {}
      },
    })
    const keys = Array.from({ length: 900 }, (_, i) => `flag-${i}`)
    const all = Object.fromEntries(keys.map((key) => [key, flag(true)]))
    world.stream(frame('put', ruleset(1, true, { flags: all })))
    for (const key of keys) flags.isEnabled(key)

    world.leave(true)

    expect(sent).toEqual(keys)
    expect(flags.status().droppedExposures).toBe(0)
  })

  test('of a page does not wait for a confirmation either', () => {
    const { world, flags } = streaming()
    world.last('/stream').text(patch(1, 2))
    flags.isEnabled('new-checkout')

    world.leave(true)

    expect(openReports(world)).toHaveLength(2)
    expect(batches(world)).toMatchObject([{ exposures: [{ count: 1 }] }])
  })

  /** Metrics that were sent, each with the number of its units. */
  const metricsOf = (world: World) =>
    batches(world).flatMap(({ outcomes }) =>
      outcomes.map(({ metric, units }) => [metric, (units as string[]).length]),
    )

  test.each([
    ['by close', (_: World, flags: Client) => void flags.close()],
    ['of a page', (world: World) => world.leave(true, true)],
    ['of a process without work', (world: World) => world.leave(false, true)],
  ] as const)('%s reports exposed units alive, with the last report', async (_, end) => {
    const { world, flags } = rollingOut()
    flags.isEnabled('all', { targetingKey: 'ada' })
    await world.pass(2_000)
    take(world)
    flags.isEnabled('all', { targetingKey: 'bob' })

    end(world, flags)
    for (let i = 0; i < 3; i += 1) {
      for (const report of openReports(world)) report.reply(202, {})
      await world.pass(0)
    }

    expect(metricsOf(world)).toEqual([['alive', 2]])
  })

  test('of a page that comes back reports each unit alive once, also those exposed afterwards', async () => {
    const { world, flags } = rollingOut()
    const pass = async (seconds: number) => {
      for (let i = 0; i < seconds; i += 1) {
        for (const report of openReports(world)) report.reply(202, {})
        await world.pass(1_000)
      }
    }
    flags.isEnabled('all', { targetingKey: 'ada' })
    world.leave(true, true)
    await pass(1)
    flags.isEnabled('all', { targetingKey: 'bob' })
    await pass(14)
    expect(metricsOf(world)).toEqual([['alive', 1]])
    await pass(5)
    expect(metricsOf(world)).toEqual([
      ['alive', 1],
      ['alive', 1],
    ])
  })

  test('is not assumed of a page that is only hidden: no unit is reported alive', async () => {
    const { world, flags } = rollingOut()
    flags.isEnabled('all', { targetingKey: 'ada' })
    world.leave(true)
    for (const report of openReports(world)) report.reply(202, {})
    await world.pass(10_000)

    expect(metricsOf(world)).toEqual([])
  })

  test('of the process sends what was counted, unless the flags were closed', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    world.leave()
    expect(batches(world)).toHaveLength(1)
    take(world)
    await flags.close()

    flags.isEnabled('new-checkout')
    world.leave()

    expect(batches(world)).toHaveLength(1)
  })
})
