import { hashIdentifier } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'
import { batches, MINUTE, openReports, rollingOut, rollout } from './reporting.ts'
import { createWorld, options, patch, put, type World } from './world.ts'

const ada = { targetingKey: 'ada' }
const unit = hashIdentifier('s', 'ada')

/** Takes every report of so many ms, and gives the outcomes that they told of. */
async function outcomesWithin(world: World, ms: number): Promise<Record<string, unknown>[]> {
  const before = batches(world).length
  for (let passed = 0; passed <= ms; passed += 500) {
    for (const report of openReports(world)) report.reply(202, {})
    await world.pass(500)
  }
  return batches(world)
    .slice(before)
    .flatMap(({ outcomes }) => outcomes)
}

/** Leaves out the latencies that guards measure. */
async function unmeasuredWithin(world: World, ms: number): Promise<Record<string, unknown>[]> {
  return (await outcomesWithin(world, ms)).filter(({ metric }) => metric !== 'latency')
}

describe('an outcome', () => {
  test('is that of each rollout that the context was exposed to, and of nothing else', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('all')
    mine.details('none', true)
    mine.isEnabled('new-checkout')
    flags.isEnabled('half', ada)

    mine.track('checkout-completed')

    const item = { revision: 7, minute: MINUTE, metric: 'checkout-completed', units: [unit] }
    expect(await outcomesWithin(world, 1_000)).toEqual([
      { flag: 'all', variant: 'on', arm: 'treatment', ...item },
      { flag: 'none', variant: 'off', arm: 'control', ...item },
    ])
    expect(JSON.stringify(batches(world))).not.toContain('ada')
  })

  test('counts the first time, whatever a program does in a loop', async () => {
    const { world, flags } = rollingOut()
    for (let i = 0; i < 1_000; i += 1) {
      const mine = flags.for(ada)
      mine.isEnabled('all')
      mine.error(new Error('again'))
    }

    expect(await outcomesWithin(world, 1_000)).toMatchObject([{ metric: 'error', units: [unit] }])
  })

  test('with a value is in a bucket of a histogram; the first one is', async () => {
    const { world, flags } = rollingOut()
    for (const [targetingKey, ms] of [
      ['ada', 1_024],
      ['ada', 5],
      ['bob', 0],
      ['cy', Number.NaN],
      ['dan', 1e9],
    ] as const) {
      const mine = flags.for({ targetingKey })
      mine.isEnabled('all')
      mine.track('ms', ms)
    }

    expect(await outcomesWithin(world, 1_000)).toMatchObject([
      { metric: 'ms', units: { length: 4 }, buckets: [80, 0, 0, 127] },
    ])
  })

  test('belongs to the variant and revision that were served, also when there are others by now', async () => {
    const { world, flags } = rollingOut()
    const [early, late] = [flags.for(ada), flags.for(ada)]
    early.isEnabled('all')
    world.last('/stream').text(patch(1, 2, { all: rollout(0, 8) }))
    late.isEnabled('all')

    early.error()
    late.error()

    expect(await outcomesWithin(world, 1_000)).toMatchObject([
      { flag: 'all', variant: 'on', arm: 'treatment', revision: 7, metric: 'error' },
      { flag: 'all', variant: 'off', arm: 'control', revision: 8, metric: 'error' },
    ])
  })

  test('of one flag alone is told by its key', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    for (const key of ['all', 'none']) mine.isEnabled(key)
    for (const key of ['all', 'half', 'new-checkout', 'nope']) mine.fail(key, new Error('broken'))

    expect(await outcomesWithin(world, 1_000)).toMatchObject([{ flag: 'all', metric: 'error' }])
  })

  test('with a name that no server takes is warned of, and not sent', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('all')
    for (const metric of ['Checkout', '', '-x', 'a'.repeat(101)]) mine.track(metric)

    expect(await outcomesWithin(world, 1_000)).toEqual([])
    expect(world.warnings.join()).toContain('"Checkout"')
  })

  test('of who is still there after 15 s is "alive", once', async () => {
    const { world, flags } = rollingOut()
    flags.isEnabled('all', ada)
    flags.isEnabled('new-checkout', ada)
    expect(await outcomesWithin(world, 14_000)).toEqual([])
    flags.isEnabled('all', ada)

    expect(await outcomesWithin(world, 30_000)).toMatchObject([
      { flag: 'all', arm: 'treatment', metric: 'alive', units: [unit], minute: MINUTE },
    ])
  })

  test('of who came while the server was away is "alive" in the minute after the exposure', async () => {
    const { world, flags } = rollingOut()
    flags.isEnabled('all', ada)
    for (let minute = 0; minute < 30; minute += 1) {
      await world.pass(60_000)
      for (const report of openReports(world)) report.reply(503, {})
    }

    expect(await outcomesWithin(world, 30_000)).toMatchObject([{ metric: 'alive', minute: MINUTE }])
  })

  test('is no longer that of a rollout whose flag was killed meanwhile', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('all')
    world.last('/stream').text(patch(1, 2, { all: { ...rollout(0, 8), killed: true } }))
    mine.isEnabled('all')
    mine.error()

    expect(await outcomesWithin(world, 1_000)).toEqual([])
  })

  test('tells instances apart', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    for (const instance of ['acme', 'globex']) {
      mine.isEnabled('all', { instance })
      mine.error()
    }

    expect(await outcomesWithin(world, 1_000)).toMatchObject([
      { instance: 'acme' },
      { instance: 'globex' },
    ])
  })

  test.each([5n, Symbol('x'), {}, 'text', null])('never throws for the value %s', async (value) => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('all')
    mine.track('odd', value as never)

    expect(await outcomesWithin(world, 1_000)).toMatchObject([{ metric: 'odd', units: [unit] }])
  })

  test('is not counted where nothing is to be reported', async () => {
    const { world, flags } = rollingOut({ exposures: false })
    const mine = flags.for(ada)
    mine.isEnabled('all')
    mine.track('ms', 5)

    expect(await outcomesWithin(world, 60_000)).toEqual([])
  })
})

describe('a guard', () => {
  const broken = new Error('broken')
  const fail = () => {
    throw broken
  }

  test('runs the new path of a flag that is on, and the old one of a flag that is not', () => {
    const mine = rollingOut().flags.for(ada)
    const old = (error?: unknown) => ['old', error]

    expect(mine.guard('all', () => ['new', undefined], old)).toEqual(['new', undefined])
    for (const key of ['none', 'nope'])
      expect(mine.guard(key, () => ['new', undefined], old)).toEqual(['old', undefined])
  })

  test('falls back when the new path throws or rejects, and reports that flag alone', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('none')

    expect(mine.guard<unknown>('all', fail, (error) => error)).toBe(broken)
    const promise = mine.guard<Promise<unknown>>(
      'all',
      async () => fail(),
      async (error) => error,
    )
    expect(await promise).toBe(broken)

    expect(await unmeasuredWithin(world, 1_000)).toMatchObject([
      { flag: 'all', variant: 'on', metric: 'error', units: [unit] },
    ])
    expect(world.warnings).toHaveLength(1)
    expect(world.warnings[0]).toContain('"all"')
    expect(world.warnings[0]).toContain(`: ${broken.stack}`)
  })

  test('warns once of an error that the app has caught itself, with its stack', () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    mine.isEnabled('all')
    const foreign = { stack: 'next@https://shop.example/app.js:1:1', toString: () => 'Error: bang' }
    for (const key of ['all', 'none', 'all']) mine.fail(key, foreign)
    mine.fail('half', { message: 'Internal Error' })
    mine.fail('nope')

    expect(world.warnings).toHaveLength(3)
    expect(world.warnings[0]).toContain(`"all"`)
    expect(world.warnings[2]).toMatch(/"half".*: Internal Error$/)
    expect(world.warnings[0]).toContain(`: Error: bang\n${foreign.stack}`)
  })

  test('reports what the path was chosen by, also when the context has another answer by then', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    let reject = (_: unknown) => {}
    const answer = mine.guard<Promise<string>>(
      'all',
      () => new Promise((_, refuse) => (reject = refuse)),
      async () => 'old',
    )
    world.last('/stream').text(patch(1, 2, { all: rollout(0, 8) }))
    mine.isEnabled('all')
    reject(broken)

    expect(await answer).toBe('old')
    expect(await unmeasuredWithin(world, 1_000)).toMatchObject([
      { variant: 'on', revision: 7, arm: 'treatment', metric: 'error' },
    ])
  })

  test.each([Object.create(null), Symbol('x'), undefined])(
    'falls back whatever is thrown: %o',
    (thrown) => {
      const mine = rollingOut().flags.for(ada)
      const next = () => {
        throw thrown
      }
      expect(mine.guard('all', next, () => 'old')).toBe('old')
    },
  )

  test('records "kept-off", and no failure, of units that an open circuit keeps from the new path', async () => {
    const { world, flags } = rollingOut()
    for (let i = 0; i < 100; i += 1)
      flags.for({ targetingKey: `user-${i}` }).guard('all', fail, () => 1)
    flags.for({ targetingKey: 'user-99' }).guard('all', fail, () => 1)

    const arm = 'treatment'
    expect(await unmeasuredWithin(world, 1_000)).toMatchObject([
      { metric: 'error', arm, units: { length: 5 } },
      { metric: 'kept-off', arm, units: { length: 95 } },
    ])
  })

  test('records a failure of the old path that an open circuit chose, as that of the control arm', async () => {
    const { world, flags } = rollingOut({ circuit: { failures: 1 } })
    flags.for({ targetingKey: 'bob' }).guard('all', fail, () => 1)
    expect(() => flags.for(ada).guard('all', () => 1, fail)).toThrow(broken)

    const outcomes = await outcomesWithin(world, 1_000)
    expect(outcomes.filter(({ metric }) => metric === 'error')).toMatchObject([
      { units: [hashIdentifier('s', 'bob'), unit] },
    ])
  })

  test('records a failure of the old path for units that chance left on it, and rethrows it', async () => {
    const { world, flags } = rollingOut()
    const throwing = (targetingKey: string, key = 'none') =>
      flags.for({ targetingKey }).guard<unknown>(key, () => 1, fail)
    expect(() => throwing('ada')).toThrow(broken)
    await expect(
      flags.for({ targetingKey: 'bob' }).guard(
        'none',
        async () => 1,
        async () => fail(),
      ),
    ).rejects.toBe(broken)

    const units = ['ada', 'bob'].map((id) => hashIdentifier('s', id))
    expect(await unmeasuredWithin(world, 1_000)).toMatchObject([
      { flag: 'none', variant: 'off', arm: 'control', metric: 'error', units },
    ])
    expect(world.warnings).toEqual([])
  })

  test('records nothing of an old path that chance did not choose, and returns its own promise', async () => {
    const { world, flags } = rollingOut()
    const mine = flags.for(ada)
    expect(() => mine.guard('nope', () => 1, fail)).toThrow(broken)
    mine.isEnabled('none')
    world.last('/stream').text(patch(1, 2, { none: null }))
    expect(() => mine.guard('none', () => 1, fail)).toThrow(broken)
    const promise = Promise.resolve(1)
    expect(
      mine.guard(
        'nope',
        async () => 2,
        () => promise,
      ),
    ).toBe(promise)

    expect(await outcomesWithin(world, 1_000)).toEqual([])
  })

  test('measures both paths once for each unit, until the caller has its result', async () => {
    const { world, flags } = rollingOut({ circuit: { failures: 1 } })
    const after = async (ms: number, path: () => unknown = () => 1) => {
      await new Promise<void>((resolve) => void world.platform.schedule(ms, resolve))
      return path()
    }
    const guarded = (
      targetingKey: string,
      key: string,
      next: () => Promise<unknown>,
      old: () => Promise<unknown>,
    ) =>
      void flags
        .for({ targetingKey })
        .guard(key, next, old)
        .catch(() => undefined)
    const unused = () => Promise.reject(broken)

    guarded('ada', 'all', () => after(64), unused)
    guarded('bob', 'none', unused, () => after(128))
    guarded('cy', 'none', unused, () => after(256, fail))
    // The new path fails after 32 ms, and the old one steps in for 480 ms.
    guarded(
      'dan',
      'all',
      () => after(32, fail),
      () => after(480),
    )
    await world.pass(600)
    // The circuit is open now.
    guarded('eve', 'all', unused, () => after(1_024))
    guarded('ada', 'all', unused, () => after(2_048))
    await world.pass(3_000)

    const item = { metric: 'latency', minute: MINUTE }
    const hashes = (...ids: string[]) => ids.map((id) => hashIdentifier('s', id))
    const latencies = (await outcomesWithin(world, 1_000)).filter(
      ({ metric }) => metric === 'latency',
    )
    expect(latencies).toMatchObject([
      {
        flag: 'all',
        arm: 'treatment',
        ...item,
        units: hashes('ada', 'dan', 'eve'),
        buckets: [48, 72, 80],
      },
      { flag: 'none', arm: 'control', ...item, units: hashes('bob', 'cy'), buckets: [56, 64] },
    ])
  })

  test('measures a path that returns at once', async () => {
    const { world, flags } = rollingOut()
    flags.for(ada).guard('all', () => world.sleep(64), fail)

    expect(await outcomesWithin(world, 1_000)).toMatchObject([
      { metric: 'latency', arm: 'treatment', units: [unit], buckets: [48] },
    ])
  })

  test('reads no clock, and measures nothing, where chance decided nothing', async () => {
    let reads = 0
    const world = createWorld()
    const { elapsed } = world.platform
    const flags = createClient(options, {
      ...world.platform,
      elapsed() {
        reads += 1
        return elapsed()
      },
    })
    world.stream(put(1))
    const mine = flags.for(ada)
    mine.guard('new-checkout', () => 1, fail)
    const before = reads
    for (const key of ['new-checkout', 'nope'])
      mine.guard(
        key,
        () => 1,
        () => 2,
      )

    expect(reads).toBe(before)
    expect(await outcomesWithin(world, 11_000)).toEqual([])
  })

  test('lets out what the old path throws', async () => {
    const mine = rollingOut().flags.for(ada)
    expect(() => mine.guard('all', fail, fail)).toThrow(broken)
    await expect(
      mine.guard(
        'none',
        async () => 1,
        async () => fail(),
      ),
    ).rejects.toBe(broken)
  })

  test('leaves a new path alone after five failures in ten seconds, and tries it again after thirty', async () => {
    const { world, flags } = rollingOut()
    let tried = 0
    let works = false
    const ask = (targetingKey: string) =>
      flags.for({ targetingKey }).guard(
        'all',
        () => {
          tried += 1
          if (!works) throw broken
          return 'new'
        },
        () => 'old',
      )
    for (let i = 0; i < 9; i += 1) expect(ask(`user-${i}`)).toBe('old')
    expect(tried).toBe(5)
    expect(flags.status().openCircuits).toEqual(['all'])

    await world.pass(29_999)
    expect(ask('ada')).toBe('old')
    await world.pass(1)
    for (let i = 0; i < 3; i += 1) ask('ada')
    expect(tried).toBe(6)

    works = true
    await world.pass(30_000)
    for (let i = 0; i < 3; i += 1) expect(ask('ada')).toBe('new')
    expect(flags.status().openCircuits).toEqual([])
  })

  test('leaves a new path alone that fails for most of many calls at once', async () => {
    const { flags } = rollingOut()
    let tried = 0
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 10 }, (_, i) =>
        flags.for({ targetingKey: `user-${round}-${i}` }).guard<Promise<unknown>>(
          'all',
          async () => {
            tried += 1
            await undefined
            if (i < 7) throw broken
          },
          async () => undefined,
        ),
      )
      await Promise.all(calls)
    }
    expect(tried).toBe(10)
    expect(flags.status().openCircuits).toEqual(['all'])
  })

  test('lets only the one call that tries again say whether it goes on', async () => {
    const { world, flags } = rollingOut()
    const ends: { resolve(): void; reject(): void }[] = []
    const ask = () =>
      flags.for(ada).guard<Promise<unknown>>(
        'all',
        () =>
          new Promise((resolve, reject) =>
            ends.push({ resolve: () => resolve(1), reject: () => reject(broken) }),
          ),
        async () => 'old',
      )
    const early = [ask(), ask()]
    for (let i = 0; i < 5; i += 1) flags.for(ada).guard('all', fail, () => 1)
    ends[0]!.resolve()
    await early[0]
    expect(flags.status().openCircuits).toEqual(['all'])

    await world.pass(29_000)
    ends[1]!.reject()
    await early[1]
    await world.pass(1_000)
    const trial = ask()
    expect(await ask()).toBe('old')
    ends[2]!.resolve()
    await trial
    expect(flags.status().openCircuits).toEqual([])
  })

  test('goes on with failures that are far apart', async () => {
    const { world, flags } = rollingOut({ circuit: { failures: 2, withinMs: 1_000 } })
    let tried = 0
    for (let i = 0; i < 5; i += 1) {
      flags.for(ada).guard<unknown>(
        'all',
        () => {
          tried += 1
          throw broken
        },
        () => undefined,
      )
      await world.pass(1_000)
    }
    expect(tried).toBe(5)
  })
})
