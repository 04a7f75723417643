import { type EvaluationContext, hashIdentifier, type RulesetFlag } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import {
  batches,
  MINUTE,
  openReports,
  reportOf,
  reports,
  rollingOut,
  rollout,
  streaming,
  take,
} from './reporting.ts'
import { createWorld, flag, frame, options, patch, ruleset, START } from './world.ts'

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

  test('is spread over the time that a heartbeat asks for, and has the age of the held version', async () => {
    const world = createWorld()
    createClient(options, world.platform)
    const hash = '5d41402abc4b2a76'
    const held = ruleset(1, true, { hash })
    const beat = { epoch: 'e1', version: 1, hash, digest: createDigester()(held) }
    world.stream(frame('put', held) + frame('heartbeat', { ...beat, confirmWithinMs: 4_000 }))
    take(world)
    await world.pass(10)
    for (let version = 1; version < 4; version += 1) {
      world.last('/stream').text(patch(version, version + 1, {}, hash))
      await world.pass(600)
    }
    expect(world.to('/events')).toHaveLength(1)

    await world.pass(200)

    expect(reports(world).map((report) => report.held)).toEqual([
      { epoch: 'e1', version: 1, hash },
      { epoch: 'e1', version: 4, hash, ageMs: 800 },
    ])
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
  test('without chance count each call, by variant and minute, and are sent after ten seconds', async () => {
    const { world, flags } = streaming()
    for (let i = 0; i < 3; i += 1) flags.isEnabled('new-checkout')
    flags.value('new-checkout', false)
    flags.details('new-checkout', false, { targetingKey: 'ada' })
    flags.for({ targetingKey: 'ada' }).isEnabled('new-checkout')
    await world.pass(9_999)
    expect(batches(world)).toEqual([])
    await world.pass(1)

    expect(reports(world).at(-1)).toEqual({
      sdk: { id: '8000000080000000', name: 'test/1.0.0' },
      sentAt: START + 10_000,
      held: { epoch: 'e1', version: 1 },
      batch: {
        id: '8000000080000000',
        exposures: [
          {
            flag: 'new-checkout',
            variant: 'on',
            reason: 'STATIC',
            revision: 1,
            minute: MINUTE,
            count: 6,
          },
        ],
        outcomes: [],
      },
    })
  })

  test('of a rollout count a unit again after five minutes, and under another revision at once', async () => {
    const { world, flags } = rollingOut()
    const counts = () =>
      batches(world).flatMap(({ exposures }) => exposures.map(({ count }) => count))
    const ask = async () => {
      flags.isEnabled('all', { targetingKey: 'ada' })
      await world.pass(1_000)
      for (const report of openReports(world)) report.reply(202, {})
      await world.pass(9_000)
    }
    for (let i = 0; i < 29; i += 1) await ask()
    expect(counts()).toEqual([1])
    for (let i = 0; i < 2; i += 1) await ask()
    expect(counts()).toEqual([1, 1])

    while (!world.last('/stream').isOpen) await world.pass(100)
    world.stream(patch(1, 2, { all: rollout(100_000, 8) }))
    take(world)
    await ask()
    expect(counts()).toEqual([1, 1, 1])
  })

  test('tell instances apart', async () => {
    const { world, flags } = streaming()
    for (const instance of ['acme', 'globex', 'acme', undefined, 7, { a: 1 }])
      flags.isEnabled('new-checkout', { targetingKey: 'ada', instance } as EvaluationContext)
    await world.pass(10_000)

    expect(batches(world)[0]!.exposures).toMatchObject([
      { instance: 'acme', count: 2 },
      { instance: 'globex', count: 1 },
      { count: 3 },
    ])
  })

  test('of what no server has compiled are not counted', async () => {
    const { revision: _, ...handmade } = flag(true)
    const bootstrap = ruleset(1, true, { flags: { 'new-checkout': handmade as RulesetFlag } })
    const world = createWorld()
    const flags = createClient({ ...options, bootstrap }, world.platform)
    expect(flags.isEnabled('new-checkout')).toBe(true)
    await world.pass(30_000)

    expect(batches(world)).toEqual([])
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
    for (const targetingKey of ['ada', 'bob']) flags.isEnabled('new-checkout', { targetingKey })
    await world.pass(10_000)

    expect(batches(world).flatMap(({ exposures }) => exposures)).toMatchObject([
      { minute: MINUTE, count: 1 },
      { minute: MINUTE + 60_000, count: 2 },
    ])
  })

  test('of a rollout name the arm and, hashed with its salt, the units; and go out within a second', async () => {
    const { world, flags } = rollingOut()
    const keys = Array.from({ length: 1_000 }, (_, i) => `user-${i}`)
    for (const targetingKey of [...keys, ...keys]) flags.isEnabled('half', { targetingKey })
    await world.pass(1_000)

    const { exposures } = batches(world)[0]!
    expect(exposures).toHaveLength(2)
    expect(exposures).toMatchObject(
      exposures.map(({ arm }) => ({
        flag: 'half',
        arm,
        variant: arm === 'treatment' ? 'on' : 'off',
        reason: arm === 'treatment' ? 'SPLIT' : 'DEFAULT',
        revision: 7,
      })),
    )
    const units = exposures.flatMap(({ units }) => units as string[])
    expect(units.toSorted()).toEqual(keys.map((key) => hashIdentifier('s', key)).sort())
    expect(exposures.reduce((sum, { count }) => sum + Number(count), 0)).toBe(1_000)
    expect(world.last('/events').body).not.toContain('user-')
  })

  test('of a rollout go out at once after a quiet time, and then once a second', async () => {
    const { world, flags } = rollingOut()
    const sent = async (ms: number) => {
      const before = batches(world).length
      for (let passed = 0; passed < ms; passed += 50) {
        for (const report of openReports(world)) report.reply(202, {})
        await world.pass(50)
      }
      return batches(world).length - before
    }
    await sent(10_000)
    for (const targetingKey of ['ada', 'bob']) flags.isEnabled('all', { targetingKey })
    await world.pass(0)
    expect(batches(world).at(-1)!.exposures).toMatchObject([{ count: 2 }])
    let count = 0
    for (let i = 0; i < 20; i += 1) {
      flags.isEnabled('all', { targetingKey: `user-${i}` })
      count += await sent(100)
    }
    expect(count).toBe(2)
  })

  test('of a plan, and first failures, leave within a second, at most one report in each', async () => {
    const all = rollout(100_000)
    const served = { ...all, rollout: { ...all.rollout!, planRun: 'autumn', step: 2 } }
    const { world, flags } = streaming({}, frame('put', ruleset(1, true, { flags: { served } })))
    const recordedAt = new Map<string, number>()
    const record = (metric: string, id: string) =>
      recordedAt.set(`${metric} ${hashIdentifier('s', id)}`, world.platform.elapsed())
    for (let i = 0; i < 60; i += 1) {
      const id = `user-${i}`
      const mine = flags.for({ targetingKey: id })
      mine.isEnabled('served')
      record('exposure', id)
      await world.pass(37)
      mine.error()
      record('error', id)
      await world.pass(83)
      for (const report of openReports(world)) report.reply(202, {})
    }
    await world.pass(1_000)

    const sent = world.to('/events').filter((report) => reportOf(report).batch)
    for (const report of sent) {
      const { exposures, outcomes } = reportOf(report).batch!
      for (const { metric = 'exposure', units } of [...exposures, ...outcomes])
        for (const hash of units as string[]) {
          const name = `${metric} ${hash}`
          expect(report.at - recordedAt.get(name)!).toBeLessThanOrEqual(1_000)
          recordedAt.delete(name)
        }
    }
    expect([...recordedAt.keys()]).toEqual([])
    expect(sent.length).toBeLessThanOrEqual(1 + Math.ceil((60 * 120) / 1_000))
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

    expect(batches(world).flatMap(({ exposures }) => exposures)).toMatchObject([
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
    for (const targetingKey of ['ada', 'bob']) flags.isEnabled('new-checkout', { targetingKey })
    await world.pass(10_000)
    take(world, 400)
    await world.pass(30_000)

    expect(batches(world)).toHaveLength(1)
    expect(flags.status().droppedExposures).toBe(2)
  })

  test('are never more than a server takes at once', async () => {
    const { world, flags } = streaming()
    for (let i = 0; i < 1_990; i += 1)
      flags.isEnabled('new-checkout', { instance: `${i}-${'店'.repeat(900)}` })
    await world.pass(10_000)
    const taken = []
    for (; openReports(world).length > 0; take(world)) {
      const { body } = openReports(world)[0]!
      expect(Buffer.byteLength(body!)).toBeLessThan(1024 * 1024)
      taken.push(...JSON.parse(body!).batch.exposures)
    }
    expect(taken).toHaveLength(1_990)
  })

  test('wait as long as the server asks for, and longer for a key that is refused', async () => {
    const { world, flags } = streaming()
    const sentWithin = async (ms: number) => {
      const before = world.to('/events').length
      await world.pass(ms)
      return world.to('/events').length - before
    }
    flags.isEnabled('new-checkout')
    await world.pass(10_000)
    world.last('/events').reply(429, {}, { 'retry-after': '120' })
    expect([await sentWithin(119_999), await sentWithin(1)]).toEqual([0, 1])
    take(world, 401)
    expect([await sentWithin(59_999), await sentWithin(1)]).toEqual([0, 1])
    take(world)
    expect(await sentWithin(60_000)).toBe(0)
  })

  test('of a split name its units, hashed with its salt, without an arm', async () => {
    const split = {
      by: 'account',
      salt: 'pepper',
      ranges: [
        [0, 30_000, 'a'],
        [30_000, 60_000, 'b'],
        [60_000, 100_000, 'off'],
      ],
    } as const
    const theme = {
      ...flag(true, 3),
      type: 'string',
      variants: { a: 'A', b: 'B', off: '' },
      fallthrough: { split },
    } as RulesetFlag
    const { world, flags } = streaming({}, frame('put', ruleset(1, true, { flags: { theme } })))
    const accounts = Array.from({ length: 300 }, (_, i) => i)
    for (const account of [...accounts, ...accounts]) flags.value('theme', '', { account })
    flags.value('theme', '', {})
    await world.pass(1_000)

    const items = batches(world).flatMap(({ exposures }) => exposures)
    const served = items.filter(({ units }) => units !== undefined)
    expect(served.map(({ variant, reason, arm }) => [variant, reason, arm]).sort()).toEqual(
      ['a', 'b', 'off'].map((variant) => [variant, 'SPLIT', undefined]),
    )
    const units = served.flatMap((one) => one.units as string[])
    expect(units.toSorted()).toEqual(
      accounts.map((account) => hashIdentifier('pepper', String(account))).sort(),
    )
    // Without a unit, nothing was decided by chance.
    expect(items.filter((one) => one.units === undefined)).toMatchObject([
      { variant: 'off', reason: 'DEFAULT', count: 1 },
    ])
  })

  test('of splits name their rule, so that those of one flag are told apart', async () => {
    const split = { by: 'targetingKey', salt: 's', ranges: [[0, 100_000, 'on']] } as const
    const when = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
    const rules = [{ id: 'pro', when, serve: { split } }]
    const theme = { ...flag(true, 3), rules, fallthrough: { split } } as RulesetFlag
    const first = frame(
      'put',
      ruleset(1, true, { hash: 'h', flags: { theme, half: rollout(100_000) } }),
    )
    const { world, flags } = streaming({}, first)
    for (const context of [{ targetingKey: 'ada', plan: 'pro' }, { targetingKey: 'bob' }]) {
      const mine = flags.for(context)
      mine.isEnabled('theme')
      mine.isEnabled('half')
      mine.track('paid')
    }
    await world.pass(1_000)

    const [{ exposures, outcomes } = { exposures: [], outcomes: [] }] = batches(world)
    const told = (items: readonly Record<string, unknown>[]) =>
      items.map(({ flag: key, rule, units }) => [key, rule, units])
    const [ada, bob] = ['ada', 'bob'].map((key) => hashIdentifier('s', key))
    const expected = [
      ['theme', 'pro', [ada]],
      ['half', undefined, [ada, bob]],
      ['theme', '', [bob]],
    ]
    expect(told(exposures)).toEqual(expected)
    expect(told(outcomes)).toEqual(expected)
  })

  test('of a burst wait for the server, and are dropped beyond a bound with one warning', async () => {
    const { world, flags } = rollingOut()
    for (let i = 0; i < 250_000; i += 1) flags.isEnabled('half', { targetingKey: `user-${i}` })
    await world.pass(1_000)
    const { droppedExposures } = flags.status()
    let taken = 0
    for (let i = 0; i < 200; i += 1) {
      for (const report of openReports(world)) {
        for (const { count } of reportOf(report).batch?.exposures ?? []) taken += Number(count)
        report.reply(202, {})
      }
      await world.pass(0)
    }

    expect(droppedExposures).toBeGreaterThan(0)
    expect(taken + droppedExposures).toBe(250_000)
    expect(taken).toBeGreaterThan(190_000)
    expect(world.warnings).toEqual([expect.stringContaining('droppedExposures')])
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

describe('a flush', () => {
  test('sends what was counted, and what is counted later waits for the next report', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    let isDone = false
    const flushed = flags.flush().then(() => {
      isDone = true
    })
    flags.isEnabled('new-checkout', { targetingKey: 'ada' })
    await world.pass(0)
    expect([isDone, batches(world)]).toMatchObject([false, [{ exposures: [{ count: 1 }] }]])

    take(world)
    await flushed
    expect(batches(world)).toHaveLength(1)
    await world.pass(10_000)
    expect(batches(world)).toHaveLength(2)
  })

  test('has nothing to send twice, and still works after the end', async () => {
    const { world, flags } = streaming()
    await flags.flush()
    await flags.close()
    await flags.flush()

    expect(batches(world)).toEqual([])
  })

  test('resolves after 5 s without an answer, and the report is repeated', async () => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    const flushed = flags.flush()
    await world.pass(5_000)
    await flushed
    await world.pass(15_000)
    take(world)

    expect(new Set(batches(world).map(({ id }) => id)).size).toBe(1)
    expect(batches(world)).toHaveLength(2)
  })

  test.each([401, 429])('sends nothing while the server wants a pause (%i)', async (status) => {
    const { world, flags } = streaming()
    flags.isEnabled('new-checkout')
    const flushed = flags.flush()
    world.last('/events').reply(status, {}, { 'retry-after': '60' })
    await flushed
    const before = world.to('/events').length
    for (let i = 0; i < 5; i += 1) await flags.flush()
    expect(world.to('/events')).toHaveLength(before)

    await world.pass(60_000)
    take(world)
    expect(batches(world)).toHaveLength(2)
  })

  test('saves the ruleset to the cache', async () => {
    const saved: string[] = []
    const cache = { read: () => undefined, write: async (text: string) => void saved.push(text) }
    const world = createWorld({ cache })
    const flags = createClient(options, world.platform)
    world.stream(frame('put', ruleset(1)))
    take(world)
    await flags.flush()

    expect(saved.map((text) => JSON.parse(text).version)).toEqual([1])
  })
})
