import type { RulesetFlag } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import type { Flags } from '../src/flags.ts'
import {
  createWorld,
  flag,
  frame,
  options,
  patch,
  put,
  ruleset,
  type Sent,
  START,
  type World,
} from './world.ts'

interface Report {
  readonly held?: { readonly epoch: string; readonly version: number }
  readonly batch?: { readonly id: string; readonly counts: readonly Record<string, unknown>[] }
}

const reportOf = ({ body }: Sent): Report => JSON.parse(body!)
const reports = (world: World) => world.to('/events').map(reportOf)
const batches = (world: World) => reports(world).flatMap(({ batch }) => batch ?? [])
const openReports = (world: World) => world.to('/events').filter(({ isOpen }) => isOpen)
const take = (world: World, status = 202) => world.last('/events').reply(status, {})
const MINUTE = START - (START % 60_000)

/** A client that streams, whose first confirmation was taken. */
function streaming(parts: Partial<Parameters<typeof createClient>[0]> = {}): {
  world: World
  flags: Flags
} {
  const world = createWorld()
  const flags = createClient({ ...options, ...parts }, world.platform)
  world.stream(put(1))
  take(world)
  return { world, flags }
}

describe('a confirmation', () => {
  test('is sent as soon as a ruleset or a patch is applied', () => {
    const { world } = streaming()
    world.last('/stream').text(patch(1, 2))

    expect(reports(world).map(({ held }) => held?.version)).toEqual([1, 2])
  })

  test('is one for all that came while another was on its way', () => {
    const { world } = streaming()
    world.last('/stream').text(patch(1, 2) + patch(2, 3) + patch(3, 4))
    expect(openReports(world)).toHaveLength(1)

    take(world)

    expect(reports(world).map(({ held }) => held?.version)).toEqual([1, 2, 4])
    take(world)
    expect(openReports(world)).toEqual([])
  })

  test('that fails is repeated with the next flush, also without exposures', async () => {
    const { world } = streaming({ exposures: false })
    world.last('/stream').text(patch(1, 2))
    take(world, 503)
    expect(openReports(world)).toEqual([])

    await world.pass(10_000)

    expect(reports(world).map(({ held }) => held?.version)).toEqual([1, 2, 2])
  })

  test('is not sent for what the server has not sent', () => {
    const world = createWorld()
    createClient({ ...options, bootstrap: ruleset(3) }, world.platform)

    expect(world.to('/events')).toEqual([])
  })
})

describe('exposures', () => {
  test('are counted by variant and minute, and sent every ten seconds', async () => {
    const { world, flags } = streaming()
    for (let i = 0; i < 3; i += 1) flags.isEnabled('new-checkout')
    flags.value('new-checkout', false)
    flags.details('new-checkout', false)
    flags.for({ targetingKey: 'ada' }).isEnabled('new-checkout')
    await world.pass(10_000)

    expect(reports(world).at(-1)).toMatchObject({
      held: { epoch: 'e1', version: 1 },
      batch: { counts: [{ flag: 'new-checkout', variant: 'on', minute: MINUTE, count: 6 }] },
    })
  })

  test('do not count what was not served', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('nope')
    flags.value('new-checkout', 'text')
    flags.details('nope', 1)
    await world.pass(30_000)

    expect(batches(world)).toEqual([])
  })

  test('belong to the minute in which they were served', async () => {
    const { world, flags } = streaming()
    await world.pass(26_000)
    flags.isEnabled('new-checkout')
    await world.pass(1_000)
    take(world)
    flags.isEnabled('new-checkout')
    flags.isEnabled('new-checkout')
    await world.pass(10_000)

    expect(batches(world).flatMap(({ counts }) => counts)).toMatchObject([
      { minute: MINUTE, count: 1 },
      { minute: MINUTE + 60_000, count: 2 },
    ])
  })

  test('name the arm of a rollout', async () => {
    const rollout = { by: 'targetingKey', salt: 's', share: 50_000, serve: { variant: 'on' } }
    const half: RulesetFlag = { ...flag(true), rollout, fallthrough: { variant: 'off' } }
    const world = createWorld()
    const flags = createClient(options, world.platform)
    world.stream(frame('put', ruleset(1, true, { flags: { half } })))
    take(world)
    for (let i = 0; i < 1_000; i += 1) flags.isEnabled('half', { targetingKey: `user-${i}` })
    await world.pass(10_000)

    const [batch] = batches(world)
    const counts = new Map(
      batch!.counts.map(({ arm, variant, count }) => [`${arm} ${variant}`, count]),
    )
    expect([...counts.keys()].sort()).toEqual(['control off', 'treatment on'])
    expect(Number(counts.get('control off')) + Number(counts.get('treatment on'))).toBe(1_000)
  })

  test('of a flag outlive its replacement', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    world.last('/stream').text(patch(1, 2, { 'new-checkout': flag(false) }))
    take(world)
    flags.isEnabled('new-checkout')
    world.last('/stream').text(patch(2, 3, { 'new-checkout': null }))
    take(world)
    await world.pass(10_000)

    expect(batches(world).flatMap(({ counts }) => counts)).toMatchObject([
      { variant: 'on', count: 1 },
      { variant: 'off', count: 1 },
    ])
  })

  test('are sent again under the same id until they are taken', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    take(world, 503)
    await world.pass(10_000)
    world.last('/events').end(new Error('ECONNRESET'))
    await world.pass(10_000)
    take(world)
    await world.pass(30_000)

    expect(batches(world)).toHaveLength(3)
    expect(new Set(batches(world).map(({ id }) => id)).size).toBe(1)
    expect(flags.status().droppedExposures).toBe(0)
  })

  test('are given up when the server does not want them, and that is said', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    take(world, 400)
    await world.pass(30_000)

    expect(batches(world)).toHaveLength(1)
    expect(flags.status().droppedExposures).toBe(2)
  })

  test('add up while the server is away, within a bound', async () => {
    const { world, flags } = streaming()
    const keys = Array.from({ length: 2_500 }, (_, i) => `flag-${i}`)
    world
      .last('/stream')
      .text(patch(1, 2, Object.fromEntries(keys.map((key) => [key, flag(true)]))))
    take(world)

    for (let minute = 0; minute < 60; minute += 1) {
      for (const key of keys) flags.isEnabled(key)
      await world.pass(60_000)
      for (const report of openReports(world)) report.reply(503, {})
    }
    const { droppedExposures } = flags.status()
    let taken = 0
    for (let i = 0; i < 100; i += 1) {
      for (const report of openReports(world)) {
        for (const { count } of reportOf(report).batch?.counts ?? []) taken += Number(count)
        report.reply(202, {})
      }
      await world.pass(1_000)
    }

    expect(droppedExposures).toBeGreaterThan(0)
    expect(taken + droppedExposures).toBe(60 * 2_500)
    expect(taken).toBeGreaterThan(30_000)
  })

  test('wait out an outage of a day', async () => {
    const { world, flags } = streaming()
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      flags.isEnabled('new-checkout')
      await world.pass(60_000)
      for (const report of openReports(world)) report.reply(503, {})
    }

    expect(flags.status().droppedExposures).toBe(0)
  })

  test('are never more than one request at a time', async () => {
    const { world, flags } = streaming()
    const seen = new Set<number>()
    for (let second = 0; second < 120; second += 1) {
      flags.isEnabled('new-checkout')
      await world.pass(1_000)
      seen.add(openReports(world).length)
    }

    expect(seen).toEqual(new Set([0, 1]))
  })

  test('are not counted when that is not wanted', async () => {
    const { world, flags } = streaming({ exposures: false })
    flags.isEnabled('new-checkout')
    await world.pass(60_000)
    await flags.close()

    expect(batches(world)).toEqual([])
  })
})

describe('an end', () => {
  test('by close sends what was counted, all of it', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    flags.isEnabled('new-checkout')
    let isClosed = false
    const closed = flags.close().then(() => {
      isClosed = true
    })
    await world.pass(0)
    expect(isClosed).toBe(false)
    take(world)
    take(world)
    await closed

    expect(batches(world).flatMap(({ counts }) => counts.map(({ count }) => count))).toEqual([1, 1])
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
