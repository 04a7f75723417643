import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { patch, type Ruleset } from '@flaghoist/core'
import { runAtOnce } from '@flaghoist/core/internal'
import { compile } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BASE, environment, flag, givenShop, instance, on, writeOf } from '../../test/shop.ts'
import { createRulesets } from './create-rulesets.ts'
import type { PublishedRuleset, RulesetTarget, RulesetUpdate } from './rulesets.ts'

const ACME: RulesetTarget = { project: 'shop', scope: 'production/acme', audience: 'server' }
const GLOBEX: RulesetTarget = { ...ACME, scope: 'production/globex' }

const kill = on('new-checkout', '*', {
  ...BASE,
  killed: { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' },
})
const restore = on('new-checkout', '*', BASE)

const unexpected = (error: unknown) => {
  throw error
}

async function givenRulesets() {
  const errors: unknown[] = []
  const { projects, stores } = await givenShop(undefined, {
    onListenerError: (error) => errors.push(error),
  })
  const rulesets = createRulesets(projects, (error) => errors.push(error))
  const commit = (...edits: Parameters<typeof writeOf>[0] & unknown[]) =>
    projects.commit(...writeOf(edits as never))
  const watch = (target: RulesetTarget) => {
    const updates: RulesetUpdate[] = []
    const unwatch = rulesets.watch(target, { publish: (update) => updates.push(update) })
    return { updates, unwatch }
  }
  return { projects, stores, rulesets, commit, watch, errors }
}

/** Rulesets with a watcher of ACME whose preparations take many turns, until they are ended. */
async function givenWatcherThatPrepares() {
  const given = await givenRulesets()
  const updates: RulesetUpdate[] = []
  let isPrepared = false
  let isPreparing = false
  given.rulesets.watch(ACME, {
    *prepare() {
      isPreparing = true
      try {
        while (!isPrepared) yield
      } finally {
        isPreparing = false
      }
    },
    publish: (update) => updates.push(update),
  })
  const end = () => {
    isPrepared = true
  }
  onTestFinished(end)
  return { ...given, updates, prepared: { end, isPreparing: () => isPreparing } }
}

describe('a watched target', () => {
  test('receives each version once, with a patch that leads to it', async () => {
    const { projects, stores, rulesets, commit, watch } = await givenRulesets()
    const start = rulesets.current(ACME).ruleset
    const { updates } = watch(ACME)

    for (const [i, edit] of [kill, restore, on('theme', 'production', { on: false })].entries()) {
      await commit(edit)
      await expect.poll(() => updates.length).toBe(i + 1)
    }

    expect(updates.map(({ published }) => published.ruleset.version)).toEqual([2, 3, 4])
    const patched = updates.reduce<Ruleset>((from, update) => patch(from, update.patch!), start)
    const { epoch, state } = projects.get('shop')
    const [last] = (await stores.log.read('shop', 3, 1)) as [Change]
    const whole = { ...compile(state, { ...ACME, epoch }), hash: last.hash.slice(0, 16) }
    expect(JSON.stringify(patched)).toBe(JSON.stringify(whole))
  })

  test('receives nothing for a change elsewhere, and keeps its version', async () => {
    const { projects, rulesets, commit, watch } = await givenRulesets()
    const { updates } = watch(ACME)
    const before = rulesets.current(ACME)

    await commit(on('theme', 'staging', { on: false }))
    await commit(on('theme', 'production/globex', { on: false }))

    expect(rulesets.current(ACME)).toBe(before)
    expect(updates).toEqual([])
    await commit(kill)
    await expect
      .poll(() => updates.map(({ patch: sent }) => [sent?.from, sent?.to]))
      .toEqual([[1, 4]])
    const { epoch, state } = projects.get('shop')
    expect(updates[0]!.published.ruleset).toMatchObject(compile(state, { ...ACME, epoch }))
  })

  test('has its number again in another process', async () => {
    const { projects, rulesets, commit } = await givenRulesets()
    await commit(kill)
    await commit(on('theme', 'production/globex', { on: false }))

    const { etag } = createRulesets(projects, unexpected).current(ACME)

    expect(etag).toBe(rulesets.current(ACME).etag)
    expect(etag).toContain('.2.')
  })

  test('takes the number of the project for a client that holds a later one', async () => {
    const { projects, rulesets, commit, watch } = await givenRulesets()
    const { updates } = watch(ACME)
    await commit(on('theme', 'staging', { on: false }))
    await commit(on('theme', 'staging', { on: true }))

    expect(rulesets.current(ACME, 1).ruleset.version).toBe(1)
    const { ruleset } = rulesets.current(ACME, 2)

    expect(ruleset).toMatchObject({ version: 3, hash: projects.get('shop').hashAt(3) })
    expect(updates).toMatchObject([{ patch: { from: 1, to: 3, flags: {}, segments: {} } }])
    expect(rulesets.current(ACME, 3).ruleset).toBe(ruleset)
  })

  test('receives a version that another reader asked for first', async () => {
    const { projects, rulesets, commit, watch } = await givenRulesets()
    projects.onChange(() => rulesets.current(ACME)) // Before the rulesets themselves hear of it.
    const { updates } = watch(ACME)

    await commit(kill)
    await commit(restore)

    const versions = () => updates.map(({ patch: sent }) => [sent?.from, sent?.to])
    await expect.poll(versions).toEqual([
      [1, 2],
      [2, 3],
    ])
  })

  test('needs the whole ruleset when the project has another log', async () => {
    const { projects } = await givenShop()
    let epoch = 'first'
    const rulesets = createRulesets(
      {
        ...projects,
        get: (key) => ({ ...projects.get(key), epoch }),
      },
      unexpected,
    )
    const updates: RulesetUpdate[] = []
    rulesets.watch(ACME, { publish: (update) => updates.push(update) })

    epoch = 'second'
    rulesets.current(ACME)

    expect(updates).toMatchObject([{ patch: undefined, published: { ruleset: { epoch } } }])
  })

  test('receives nothing after its watcher has unsubscribed', async () => {
    const { rulesets, commit, watch } = await givenRulesets()
    const { updates, unwatch } = watch(ACME)

    unwatch()
    await commit(kill)

    expect(updates).toEqual([])
    expect(rulesets.current(ACME).ruleset.version).toBe(2)
  })

  test('receives a version once its watcher has prepared it, and readers receive it before', async () => {
    const { rulesets, commit, prepared, updates } = await givenWatcherThatPrepares()
    await commit(kill)
    expect(rulesets.current(ACME).ruleset.version).toBe(2)
    await commit(restore)
    expect(rulesets.current(ACME).ruleset.version).toBe(3)
    expect(updates).toEqual([])
    prepared.end()

    await expect.poll(() => updates.map(({ patch: sent }) => sent?.to)).toEqual([2, 3])
  })

  test('receives a version at once for a client that holds it', async () => {
    const { rulesets, commit, updates } = await givenWatcherThatPrepares()
    await commit(kill)

    rulesets.current(ACME, 1)
    expect(updates).toEqual([])
    rulesets.current(ACME, 2)

    expect(updates.map(({ patch: sent }) => sent?.to)).toEqual([2])
  })

  test('stops to prepare a version that a client needed earlier', async () => {
    const { rulesets, commit, prepared } = await givenWatcherThatPrepares()
    await commit(kill)
    await expect.poll(prepared.isPreparing).toBe(true)

    rulesets.current(ACME, 2)

    await expect.poll(prepared.isPreparing).toBe(false)
  })

  test('receives a version before another watcher starts from it', async () => {
    const { rulesets, commit, updates, watch } = await givenWatcherThatPrepares()
    await commit(kill)

    const start = rulesets.current(ACME).ruleset.version
    const other = watch(ACME)
    await commit(restore)

    expect([start, updates.length, other.updates]).toEqual([2, 1, []])
    rulesets.current(ACME, 3)
    expect(other.updates.map(({ patch: sent }) => [sent?.from, sent?.to])).toEqual([[2, 3]])
  })

  test('receives a version although the watcher of another target fails', async () => {
    const { rulesets, commit, watch, errors } = await givenRulesets()
    rulesets.watch(ACME, {
      publish: () => {
        throw new Error('a watcher that fails')
      },
    })
    const { updates } = watch(GLOBEX)

    await commit(kill)

    await expect.poll(() => [updates.length, errors.length]).toEqual([1, 1])
  })

  test('receives a version however many other targets are watched', async () => {
    const { commit, watch } = await givenRulesets()
    const stages = Array.from({ length: 25 }, (_, i) => `stage-${i}`)
    const customers = Array.from({ length: 25 }, (_, i) => `customer-${i}`)
    await commit(...stages.map((key) => environment(key)), ...customers.map((key) => instance(key)))
    const watched = stages.flatMap((stage) =>
      customers.flatMap((key) =>
        (['server', 'client'] as const).map((audience) =>
          watch({ project: 'shop', scope: `${stage}/${key}`, audience }),
        ),
      ),
    )

    await commit(flag('new-checkout', { clientVisible: true }))

    expect(watched).toHaveLength(1_250)
    await expect.poll(() => watched.filter(({ updates }) => updates.length !== 1)).toEqual([])
  })
})

describe('a ruleset that is prepared', () => {
  const hash = (published: PublishedRuleset) => runAtOnce(published.hash())

  test('is compiled once for all who wait for it, and needs no preparation again', async () => {
    const { rulesets } = await givenRulesets()

    const preparations = [rulesets.prepare(ACME), rulesets.prepare({ ...ACME })]
    await Promise.all(preparations)

    expect(preparations[0]).toBeInstanceOf(Promise)
    expect(preparations[1]).toBe(preparations[0])
    expect(rulesets.prepare(ACME)).toBeUndefined()
  })

  test('needs preparation until it is hashed, although a reader has compiled it', async () => {
    const { rulesets } = await givenRulesets()
    const preparation = rulesets.prepare(ACME)
    rulesets.current(ACME)
    expect(rulesets.prepare(ACME)).toBe(preparation)
    await preparation
    expect(rulesets.prepare(ACME)).toBeUndefined()
  })

  test('is the newest one, whatever is committed meanwhile', async () => {
    const { rulesets, commit } = await givenRulesets()
    const preparation = rulesets.prepare(ACME)
    await commit(kill)
    await preparation
    expect(rulesets.current(ACME).ruleset.version).toBe(2)
  })

  test('is ready from then on, in its newest version', async () => {
    const { rulesets, commit } = await givenRulesets()
    expect(rulesets.ready(ACME)).toBeUndefined()
    const preparation = rulesets.prepare(ACME)
    rulesets.current(ACME)
    expect(rulesets.ready(ACME)).toBeUndefined()
    await preparation
    expect(rulesets.ready(ACME)).toBe(rulesets.current(ACME))
    await commit(kill)
    expect(rulesets.ready(ACME)).toBeUndefined()
    await rulesets.prepare(ACME)
    expect(rulesets.ready(ACME)?.ruleset.version).toBe(2)
  })

  test('is ready after a small change at once if it is watched', async () => {
    const { rulesets, commit, watch } = await givenRulesets()
    watch(ACME)
    await commit(kill)
    expect(rulesets.ready(ACME)?.ruleset.version).toBe(2)
  })

  test('stays ready while a thousand other targets are used, if it is used between them', async () => {
    const { rulesets } = await givenRulesets()
    const other = (i: number): RulesetTarget => ({ ...ACME, scope: `production/other-${i}` })
    for (let i = 0; i <= 1_000; i += 1)
      for (const target of [other(i), ACME, ACME]) hash(rulesets.current(target))

    expect(rulesets.ready(other(0))).toBeUndefined()
    expect(rulesets.ready(other(2))).toBeDefined()
    expect(rulesets.ready(ACME)).toBeDefined()
  })

  test('stays ready after its only watcher has unsubscribed', async () => {
    const { rulesets, watch } = await givenRulesets()
    const first = rulesets.current(ACME)
    for (const target of [ACME, GLOBEX]) hash(rulesets.current(target))
    watch(ACME).unwatch()
    expect(rulesets.ready(ACME)).toBe(first)
    watch(GLOBEX).unwatch()
    expect(rulesets.ready(GLOBEX)).toBeDefined()
  })
})

describe('a ruleset', () => {
  test('is compiled once for each target and version', async () => {
    const { rulesets, commit } = await givenRulesets()
    const first = rulesets.current(ACME)

    expect(rulesets.current({ ...ACME })).toBe(first)
    expect(rulesets.current(GLOBEX)).not.toBe(first)
    await commit(kill)
    expect(rulesets.current(ACME)).not.toBe(first)
  })

  test('of a new version shares the flags that were not touched', async () => {
    const { rulesets, commit } = await givenRulesets()
    const before = rulesets.current(ACME).ruleset.flags

    await commit(kill)

    const after = rulesets.current(ACME).ruleset.flags
    expect(after.theme).toBe(before.theme)
    expect(after['new-checkout']).not.toBe(before['new-checkout'])
  })

  test('has an ETag of its cursor and its digest', async () => {
    const { rulesets } = await givenRulesets()
    const published = rulesets.current(ACME)
    const { epoch, hash } = published.ruleset
    expect(published.etag).toBe(`"${epoch}.1.${hash}-${published.digest}"`)
  })

  test.for([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)(
    'is compressed with %s once, also for many concurrent requests',
    async ([encoding, unpack]) => {
      const { rulesets } = await givenRulesets()
      const published = rulesets.current(ACME)

      const all = await Promise.all([1, 2, 3].map(() => published.encoded(encoding)))

      expect(new Set(all).size).toBe(1)
      expect(unpack(all[0]!)).toEqual(await published.encoded('identity'))
    },
  )
})
