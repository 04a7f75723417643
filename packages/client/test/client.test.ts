import type { EvaluationContext, RulesetFlag } from '@flaghoist/core'
import { createDigester, jsonText } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import type { Flags, FlagsEvents } from '../src/flags.ts'
import type { Cache } from '../src/platform.ts'
import { createWorld, flag, frame, options, patch, put, ruleset, type World } from './world.ts'

function streaming(): { world: World; flags: Flags } {
  const world = createWorld()
  const flags = createClient(options, world.platform)
  world.stream(put(1))
  return { world, flags }
}

describe('contexts that are more than data', () => {
  class User {
    readonly #plan = 'pro'
    get plan() {
      return this.#plan
    }
    get broken(): string {
      throw new Error('no')
    }
  }
  const pro: RulesetFlag = {
    ...flag(true),
    fallthrough: { variant: 'off' },
    rules: [
      {
        id: 'r',
        when: [[{ attribute: 'plan', op: 'in', values: ['pro'] }]],
        serve: { variant: 'on' },
      },
    ],
  }
  const open = () => {
    const bootstrap = ruleset(1, true, { flags: { pro } })
    return createClient({ ...options, bootstrap }, createWorld().platform)
  }

  test('mean the same given, bound and merged', () => {
    const flags = open()
    const given = new User() as unknown as EvaluationContext

    expect(flags.isEnabled('pro', given)).toBe(true)
    expect(flags.for(given).isEnabled('pro')).toBe(true)
    expect(flags.for(given).isEnabled('pro', { seats: 3n })).toBe(true)
    expect(flags.for({ targetingKey: 'ada' }).isEnabled('pro', given)).toBe(true)
  })

  test('never throw', () => {
    const flags = open()
    const never = () => {
      throw new Error('no')
    }
    const hostile = new Proxy({}, { get: never, ownKeys: never, getPrototypeOf: never })
    const cycle: Record<string, unknown> = { plan: 'pro', at: new Date(Number.NaN), map: new Map() }
    cycle.cycle = cycle

    expect(flags.isEnabled('pro', hostile, true)).toBe(true)
    expect(flags.for(hostile).isEnabled('pro', cycle)).toBe(true)
    expect(flags.for(cycle).isEnabled('pro', hostile)).toBe(true)
  })

  test.for([
    [
      'a bigint and a cycle',
      () => Object.assign([1n, 2n ** 70n], { 2: undefined }),
      '[1,"1180591620717411303424",null]',
    ],
    ['an object of a class', () => new User(), '{}'],
    ['nothing', () => undefined, 'null'],
  ] as [string, () => unknown, string][])('become text: %s', ([, make, text]) => {
    expect(jsonText(make())).toBe(text)
    const cycle: unknown[] = [make()]
    cycle.push(cycle, { cycle })
    expect(JSON.parse(jsonText(cycle))).toEqual([JSON.parse(text), null, {}])
  })
})

describe('ready', () => {
  test('tells of the first answer', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    const ready = flags.ready()
    world.stream(put(1))

    expect(await ready).toEqual({ status: 'live' })
    expect(await flags.ready()).toEqual({ status: 'live' })
  })

  test.for([
    ['nothing', undefined, 5_000],
    ['null', null, 5_000],
    ['no number', { timeout: 'soon' }, 5_000],
    ['not a number', { timeout: Number.NaN }, 5_000],
    ['less than nothing', { timeout: -1 }, 5_000],
    ['two seconds', { timeout: 2_000 }, 2_000],
    ['no time', { timeout: 0 }, 0],
  ] as const)('waits for as long as it may, and never rejects: %s', async ([, given, ms]) => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    let status: string | undefined
    void flags.ready(given as { timeout: number }).then((result) => {
      status = result.status
    })
    await world.pass(ms - 1)
    expect(status).toBeUndefined()
    await world.pass(1)
    await world.pass(0)

    expect(status).toBe('default')
  })

  test('knows a bootstrap from nothing', async () => {
    const world = createWorld()
    const flags = createClient({ ...options, bootstrap: ruleset(1) }, world.platform)
    const ready = flags.ready({ timeout: 10 })
    await world.pass(10)

    expect(await ready).toEqual({ status: 'cached' })
  })

  test('resolves when the flags are closed', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    const ready = flags.ready()
    void flags.close()

    expect(await ready).toEqual({ status: 'closed' })
    expect(await flags.ready()).toEqual({ status: 'closed' })
  })

  test('never says live or cached once the flags are closed', async () => {
    const { flags } = streaming()
    expect(await flags.ready()).toEqual({ status: 'live' })
    void flags.close()

    expect(await flags.ready()).toEqual({ status: 'closed' })
  })
})

describe('a question', () => {
  const throwing = {
    get targetingKey(): string {
      throw new Error('mine')
    },
  }
  const rollout = { by: 'targetingKey', salt: 's', share: 50_000, serve: { variant: 'on' } }

  test('can be asked with a function that was taken off the flags', () => {
    const { isEnabled, value, details } = streaming().flags

    expect(isEnabled('new-checkout')).toBe(true)
    expect(value('new-checkout', false)).toBe(true)
    expect(details('new-checkout', false).reason).toBe('STATIC')
  })

  test.for([
    ['a context that throws', throwing],
    ['no context', null],
    ['a text', 'ada'],
    ['a list', [1, 2]],
    ['a context of nothing', Object.create(null)],
  ] as const)('never throws: %s', ([, context]) => {
    const { world, flags } = streaming()
    const rolled = { ...flag(true), rollout }
    world.last('/stream').text(patch(1, 2, { 'new-checkout': rolled }))
    const given = context as unknown as EvaluationContext

    for (const reader of [flags, flags.for(given), flags.for({ plan: 'pro' })]) {
      expect(typeof reader.isEnabled('new-checkout', given)).toBe('boolean')
      expect(typeof reader.value('new-checkout', false, given)).toBe('boolean')
      expect(reader.details('new-checkout', false, given).reason).toBeTruthy()
    }
  })

  test('merges its context over the bound one', () => {
    const { world, flags } = streaming()
    const when = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
    const forPro = {
      ...flag(true),
      rules: [{ id: 'pro', when, serve: { variant: 'on' } }],
      fallthrough: { variant: 'off' },
    }
    world.last('/stream').text(patch(1, 2, { 'new-checkout': forPro }))
    const free = flags.for({ plan: 'free' })

    expect(free.context).toEqual({ plan: 'free' })
    expect(free.isEnabled('new-checkout')).toBe(false)
    expect(free.isEnabled('new-checkout', { plan: 'pro' })).toBe(true)
    expect(free.value('new-checkout', false, { beta: true })).toBe(false)
    expect(free.details('new-checkout', false, { plan: 'pro' }).reason).toBe('TARGETING_MATCH')
  })

  test('that cannot be answered warns once for each flag, and not for ever', () => {
    const { world, flags } = streaming()
    for (let i = 0; i < 3; i += 1) flags.isEnabled('nope', {}, true)
    flags.value('new-checkout', 'text')
    expect(world.warnings).toEqual([
      'Flag "nope" does not exist in production/acme. The fallback is served.',
      'Flag "new-checkout" is of type boolean, not string. The fallback is served.',
    ])

    for (let i = 0; i < 1_000; i += 1) flags.isEnabled(`made-up-${i}`)
    expect(world.warnings).toHaveLength(100)
  })
})

describe('listeners', () => {
  test('says to who has a client key which flags they see', () => {
    const world = createWorld()
    const flags = createClient(
      { ...options, key: 'fh_client_x', bootstrap: ruleset(1) },
      world.platform,
    )
    flags.isEnabled('nope')
    expect(world.warnings[0]).toContain('clientVisible')
  })

  test('of changes are told which flags a segment bears on', () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    const when = [[{ attribute: '', op: 'segment', values: ['testers'] }]]
    const targeted = { ...flag(true), rules: [{ id: 'r', when, serve: { variant: 'on' } }] }
    const testers = { include: ['ada'], exclude: [], when: [] }
    const both = { targeted: targeted as never, plain: flag(true) }
    world.stream(frame('put', ruleset(1, true, { flags: both, segments: { testers } })))
    const changes: (readonly string[])[] = []
    flags.on('change', ({ flags: keys }) => changes.push(keys))

    world.last('/stream').text(
      frame('patch', {
        ...{ epoch: 'e1', from: 1, to: 2, flags: {} },
        segments: { testers: { ...testers, include: ['bob'] } },
      }),
    )

    expect(changes).toEqual([['targeted']])
  })

  test('of changes hear nothing when the same ruleset comes again', () => {
    const { world, flags } = streaming()
    const changes: unknown[] = []
    flags.on('change', (change) => changes.push(change))

    world.last('/stream').text(put(1) + put(2) + put(3, false))

    expect(changes).toEqual([{ flags: ['new-checkout'] }])
  })

  test('of the status are told of a change of state, and of new trouble', async () => {
    const world = createWorld()
    const flags = createClient({ ...options, bootstrap: ruleset(1) }, world.platform)
    const told: string[] = []
    flags.on('status', ({ state, transport, lastError }) =>
      told.push(`${state} ${transport} ${lastError?.code}`),
    )
    world.open[0]!.end(new Error('ECONNREFUSED'))
    await world.pass(2_500)
    world.open[0]!.end(new Error('ECONNREFUSED'))
    await world.pass(5_000)
    world.open[0]!.reply(401, {})
    await world.pass(0)
    world.open[0]!.reply(401, {})
    await world.pass(60_000)
    world.stream(put(2), put(3))
    world.last('/stream').end()

    expect(told).toEqual([
      'cached none SERVER_UNREACHABLE',
      'cached none KEY_REFUSED',
      'live stream undefined',
      'stale none undefined',
    ])
    expect(world.warnings).toHaveLength(2)
  })

  test('that fail disturb nobody', async () => {
    const { world, flags } = streaming()
    flags.on('change', () => {
      throw new Error('at once')
    })
    const later: () => unknown = () => Promise.reject(new Error('later'))
    flags.on('change', later)
    world.last('/stream').text(put(2, false))
    await world.pass(0)

    expect(flags.isEnabled('new-checkout')).toBe(false)
    expect(world.warnings).toEqual([
      expect.stringMatching(/^A listener failed: Error: at once\n +at /),
      expect.stringMatching(/^A listener failed: Error: later\n +at /),
    ])
  })

  test('that subscribe twice leave once', () => {
    const { world, flags } = streaming()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    const leave = flags.on('change', listener)
    flags.on('change', listener)
    leave()
    leave()
    world.last('/stream').text(put(2, false))

    expect(calls).toBe(1)
  })

  test('of an event that does not exist are warned', () => {
    const { world, flags } = streaming()
    for (const event of ['changed', 'toString'])
      flags.on(event as keyof FlagsEvents, () => undefined)()

    expect(world.warnings).toHaveLength(2)
    expect(world.warnings[0]).toContain('"changed"')
  })
})

describe('a version', () => {
  test('that is held already changes nothing, as a patch', () => {
    const { world, flags } = streaming()
    world.last('/stream').text(put(5) + patch(4, 5, { 'new-checkout': null }))
    world.last('/stream').text(patch(2, 3, { 'new-checkout': null }))

    expect(world.open).toHaveLength(1)
    expect(flags.isEnabled('new-checkout')).toBe(true)
  })

  test('that is held already is replaced, as a whole', () => {
    const { world, flags } = streaming()
    world.last('/stream').text(put(1, false))

    expect(flags.isEnabled('new-checkout')).toBe(false)
  })

  test('of a lower number replaces the held one, because the log was restored', async () => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    world.stream(put(5))
    world.last('/stream').text(put(4, false))
    expect(flags.status()).toMatchObject({ state: 'live', version: 4 })

    world.last('/stream').reply(501, {})
    world.last('/stream').end(new Error('cut'))
    await world.pass(2_500)
    world.stream()
    await world.pass(5_000)
    expect(world.last('/ruleset').url).toContain('since=e1.4')
    world.last('/ruleset').reply(200, ruleset(3))

    expect(flags.status()).toMatchObject({ state: 'live', version: 3 })
    expect(flags.isEnabled('new-checkout')).toBe(true)
  })

  test.for([
    ['a lower number', { version: 4 }],
    ['another hash', { hash: '2'.repeat(16) }],
    ['another digest', { digest: '0'.repeat(16) }],
  ])('of which the heartbeat names %s is fetched again before it is live', async ([, parts]) => {
    const world = createWorld()
    const flags = createClient(options, world.platform)
    const held = ruleset(5, true, { hash: '1'.repeat(16) })
    world.stream(frame('put', held))
    const { epoch, version, hash } = held
    const beat = { epoch, version, hash, digest: createDigester()(held) }
    world.last('/stream').text(frame('heartbeat', beat))
    expect(flags.status()).toMatchObject({ state: 'live' })

    world.last('/stream').text(frame('heartbeat', { ...beat, ...(parts as object) }))
    expect(flags.status()).toMatchObject({ state: 'stale', version: 5 })
    await world.pass(0)
    expect(world.last('/stream').url).not.toContain('since')
    world.stream(frame('put', ruleset(4, false)))

    expect(flags.status()).toMatchObject({ state: 'live', version: 4 })
    expect(flags.isEnabled('new-checkout')).toBe(false)
  })

  test('of another epoch is taken, and so is one of another scope', () => {
    const { world, flags } = streaming()
    world.last('/stream').text(put(9))
    world.last('/stream').text(frame('put', ruleset(2, true, { epoch: 'e2' })))
    expect(flags.status()).toMatchObject({ epoch: 'e2', version: 2 })

    world.last('/stream').text(frame('put', ruleset(1, false, { epoch: 'e2', scope: 'staging' })))
    expect(flags.status()).toMatchObject({ scope: 'staging', version: 1 })
  })
})

test('ready does not wait for a server that has refused', async () => {
  const world = createWorld()
  const flags = createClient(options, world.platform)
  const ready = flags.ready()
  world.last('/stream').reply(401, {})
  await world.pass(0)
  world.last('/ruleset').reply(401, {})

  expect(await ready).toEqual({ status: 'default' })
  expect(await flags.ready()).toEqual({ status: 'default' })
})

test.each([Symbol('x'), null, {}, 7n])('asking and telling of %s throws nothing', (odd) => {
  const { flags } = streaming()
  const mine = flags.for({ targetingKey: 'ada' })
  expect(mine.isEnabled(odd as never)).toBe(false)
  expect(mine.value(odd as never, 'x' as never)).toBe('x')
  mine.track(odd as never)
  mine.fail(odd as never)
  expect(
    mine.guard(
      odd as never,
      () => 'new',
      () => 'old',
    ),
  ).toBe('old')
})

describe('the cache', () => {
  const cacheOf = (text?: string): Cache & { writes: string[] } => {
    const writes: string[] = []
    return {
      writes,
      read: () => text,
      write: async (next) => {
        writes.push(next)
      },
    }
  }
  const withCache = (cache: Cache, bootstrap = ruleset(3, false)) => {
    const world = createWorld({ cache })
    return { world, flags: createClient({ ...options, bootstrap }, world.platform) }
  }

  test.for([
    ['is newer', JSON.stringify(ruleset(4)), 4],
    ['is older', JSON.stringify(ruleset(2)), 3],
    ['is of another epoch', JSON.stringify(ruleset(2, true, { epoch: 'e2' })), 2],
    ['is of another scope', JSON.stringify(ruleset(2, true, { scope: 'production' })), 2],
    ['is no JSON', '{"spec":', 3],
    ['is of another specification', JSON.stringify({ ...ruleset(9), spec: 9 }), 3],
    ['is empty', undefined, 3],
  ] as const)('stands before or behind the bootstrap when it %s', ([, text, version]) => {
    const { flags } = withCache(cacheOf(text))

    expect(flags.status()).toMatchObject({ state: 'cached', version })
  })

  test('is no bar for another bootstrap where there is none', () => {
    const world = createWorld()
    const flags = createClient({ ...options, bootstrap: ruleset(3) }, world.platform)
    flags.bootstrap(ruleset(9, false, { epoch: 'e2' }))
    expect(flags.status()).toMatchObject({ epoch: 'e2', version: 9 })
  })

  test('gives way to what was decided for the page', () => {
    const cache = cacheOf(JSON.stringify(ruleset(9, true)))
    const { flags } = withCache(cache, ruleset(0, false, { epoch: 'snapshot' }))
    expect(flags.isEnabled('new-checkout')).toBe(false)
  })

  test('is not looked at by who has a bootstrap of nothing', () => {
    const world = createWorld({ cache: cacheOf(JSON.stringify(ruleset(1))) })
    const flags = createClient({ ...options, bootstrap: null }, world.platform)
    expect([flags.isEnabled('new-checkout'), flags.status().state]).toEqual([false, 'default'])
  })

  test('that cannot be read is none', () => {
    const { flags } = withCache({
      read: () => {
        throw new Error('EACCES')
      },
      write: async () => undefined,
    })
    expect(flags.status().version).toBe(3)
  })

  test('is written once for changes that come together, with the last', async () => {
    const cache = cacheOf()
    const { world } = withCache(cache)
    world.stream(put(4), patch(4, 5), patch(5, 6))
    await world.pass(1_000)

    expect(cache.writes.map((text) => JSON.parse(text).version)).toEqual([6])
  })

  test('is written before close resolves, also what came during another write', async () => {
    const finish: (() => void)[] = []
    const written: number[] = []
    const { world, flags } = withCache({
      read: () => undefined,
      write: async (text) => {
        await new Promise<void>((resolve) => finish.push(resolve))
        written.push(JSON.parse(text).version)
      },
    })
    world.stream(put(4))
    await world.pass(1_000)
    world.last('/stream').text(patch(4, 5))
    await world.pass(1_000)
    let isClosed = false
    for (const report of world.to('/events')) report.reply(202, {})
    const closed = flags.close().then(() => {
      isClosed = true
    })
    await world.pass(0)
    expect(finish).toHaveLength(1)
    finish[0]!()
    await world.pass(0)
    expect(isClosed).toBe(false)
    finish[1]!()
    for (const report of world.to('/events')) report.reply(202, {})
    await closed

    expect(written).toEqual([4, 5])
  })

  test('that cannot be written is warned of once', async () => {
    const { world, flags } = withCache({
      read: () => undefined,
      write: async () => {
        throw new Error('ENOSPC')
      },
    })
    world.stream(put(4))
    await world.pass(1_000)
    world.last('/stream').text(patch(4, 5))
    await world.pass(1_000)

    expect(world.warnings).toEqual([
      expect.stringContaining('The ruleset could not be cached: Error: ENOSPC'),
    ])
    expect(flags.status().state).toBe('live')
  })
})
