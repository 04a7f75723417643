import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  creationOf,
  environment,
  flag,
  givenShop,
  instance,
  NOW,
  on,
  openShop,
  outcomeOf,
  rulesetsOf,
  SHOP,
  segment,
  type WriteParts,
  writeOf,
} from '../../test/shop.ts'
import { problem } from '../errors.ts'
import { createMemoryStores } from '../stores/memory/memory-stores.ts'
import type { Stores } from '../stores/stores.ts'
import type { PlannedEdit, Projects } from './projects.ts'

const inEurope = { values: ['eu'], op: 'in' as const, attribute: 'region' }
/** Refused by the schema and by the evaluator. */
const halfABucket = { by: 'targetingKey', salt: 's', share: 0.5, serve: { variant: 'on' } }
const names = ['layer:theme@*']
const off = (scope = '*') => on('theme', scope, { ...BASE, on: false })

/** The state that a server would have after a restart on the same store. */
const replayed = async (stores: Stores) => (await openShop(stores)).projects.get('shop').state
const state = (projects: Projects) => projects.get('shop').state

describe('a commit', () => {
  test('appends one sealed change with actor, action, reason and the values before', async () => {
    const { projects, stores } = await givenShop()

    const { version } = outcomeOf(
      await projects.commit(
        ...writeOf([off()], { action: 'layer.update', reason: 'It is broken.' }),
      ),
    )

    expect(version).toBe(2)
    const [first, second] = await stores.log.read('shop', 0, 10)
    expect(second).toEqual({
      seq: 2,
      at: NOW,
      actor: { kind: 'key', id: 'k1', name: 'Ada' },
      action: 'layer.update',
      reason: 'It is broken.',
      requestId: 'r1',
      edits: [{ kind: 'layer', key: 'theme@*', before: BASE, after: { ...BASE, on: false } }],
      previousHash: first!.hash,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test('of existing values appends nothing and returns the current version', async () => {
    const { projects, stores } = await givenShop()

    const outcome = await projects.commit(...writeOf(SHOP))

    expect(outcome).toMatchObject({ version: 1, change: undefined })
    expect(await stores.log.read('shop', 0, 10)).toHaveLength(1)
  })

  test('with two edits of one entity keeps the later one', async () => {
    const { projects } = await givenShop()

    const { change } = outcomeOf(
      await projects.commit(...writeOf([off('staging'), on('theme', 'staging', { on: true })])),
    )

    expect(change?.edits).toEqual([
      { kind: 'layer', key: 'theme@staging', before: null, after: { on: true } },
    ])
  })

  test('applies exactly the members that it logs', async () => {
    const { projects, stores } = await givenShop()
    const rule = { serve: { variant: 'on' }, when: [[inEurope]], name: undefined, id: 'r' }

    await projects.commit(
      ...writeOf([on('theme', '*', { ...BASE, rules: [rule], killed: undefined })]),
    )

    const again = await replayed(stores)
    expect(state(projects)).toStrictEqual(again)
    expect(rulesetsOf(state(projects))).toBe(rulesetsOf(again))
  })

  test('plans in its turn, on the state after the previous commit', async () => {
    const { projects } = await givenShop()
    const tag = (i: number) =>
      writeOf((now) => {
        const { layers: _, ...theme } = now.flags.get('theme')!
        return [
          { kind: 'flag', key: 'theme', after: { ...theme, tags: { ...theme.tags, [i]: '' } } },
        ]
      })

    await Promise.all(Array.from({ length: 30 }, (_, i) => projects.commit(...tag(i))))

    expect(Object.keys(state(projects).flags.get('theme')!.tags)).toHaveLength(31)
    expect(state(projects).version).toBe(31)
  })

  test.for([
    [
      'a plan throws',
      () => {
        throw new Error('no')
      },
      {},
      'no',
    ],
    ['the key is bound elsewhere', [off('staging')], { scope: 'production' }, 'SCOPE_FORBIDDEN'],
    ['the result is invalid', [on('theme', '*', { ...BASE, off: 'blue' })], {}, 'INVALID_CHANGE'],
    ['the flag is unknown', [on('thme', '*', BASE)], {}, 'INVALID_CHANGE'],
    [
      'a flag would not evaluate',
      [on('theme', '*', { ...BASE, rollout: halfABucket })],
      {},
      'INVALID_CHANGE',
    ],
    ['the scope is unknown', [off('production/initech')], {}, 'INVALID_CHANGE'],
    ['the expected version is stale', [off()], { names, expected: 0 }, 'VERSION_CONFLICT'],
    [
      'the expected version does not exist yet',
      [off()],
      { names, expected: 9 },
      'VERSION_CONFLICT',
    ],
  ] satisfies [string, PlannedEdit[] | (() => never), WriteParts, string][])(
    'changes nothing when %s',
    async ([, plan, parts, code]) => {
      const { projects, stores } = await givenShop()
      const before = state(projects)

      const failed = projects.commit(...writeOf(plan, parts))

      await expect(failed).rejects.toThrow()
      await expect(failed).rejects.toSatisfy(
        (error: Error) => `${(error as Error & { code?: string }).code ?? error.message}` === code,
      )
      expect(state(projects)).toBe(before)
      expect(await stores.log.read('shop', 0, 10)).toHaveLength(1)
      await projects.commit(...writeOf([off()]))
      expect(state(projects).version).toBe(2)
    },
  )

  test('names the current version when the expected one is stale', async () => {
    const { projects } = await givenShop()
    await projects.commit(...writeOf([off()]))

    await expect(
      projects.commit(...writeOf([off()], { names, expected: 1 })),
    ).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('the current one is 2'),
    })
    await expect(
      projects.commit(...writeOf([off()], { names, expected: 2 })),
    ).resolves.toMatchObject({
      version: 2,
    })
  })

  test('names the entity that a key of a scope may not change', async () => {
    const { projects } = await givenShop()

    await expect(
      projects.commit(...writeOf([off('production'), off('staging')], { scope: 'production' })),
    ).rejects.toMatchObject({
      status: 403,
      message: 'The key "Ada" is bound to production and cannot change layer:theme@staging.',
    })
  })

  test.for([
    ['production', 'production', true],
    ['production', 'production/acme', true],
    ['production', 'staging', false],
    ['production', '*', false],
    ['production/acme', 'production/acme', true],
    ['production/acme', 'production/globex', false],
    ['production/acme', 'production', false],
    ['*', '*', true],
  ] as const)('of a key of %s in the layer %s is allowed: %s', async ([scope, layer, allowed]) => {
    const { projects } = await givenShop()

    const [result] = await Promise.allSettled([
      projects.commit(...writeOf([off(layer)], { scope })),
    ])

    expect(result!.status).toBe(allowed ? 'fulfilled' : 'rejected')
  })

  test.for([
    ['a flag', flag('other')],
    ['an environment', environment('uat')],
    ['an instance', instance('initech')],
    ['a segment', segment('staff', ['bob'])],
    ['the project', { kind: 'project', key: 'shop', after: { key: 'shop', name: 'Mine' } }],
  ] as const)('of %s is refused for a key of a scope', async ([, edit]) => {
    const { projects } = await givenShop()

    await expect(
      projects.commit(...writeOf([edit as PlannedEdit], { scope: '*' })),
    ).rejects.toMatchObject({ code: 'SCOPE_FORBIDDEN' })
  })

  test('is rejected by a policy, unless it is urgent', async () => {
    const policies = [
      () => {
        throw new Error('frozen')
      },
    ]
    const { projects, stores } = await givenShop()
    const { projects: frozen } = await openShop(stores, { policies })

    await expect(frozen.commit(...writeOf([off()]))).rejects.toThrow('frozen')
    await expect(frozen.commit(...writeOf([off()], { urgent: true }))).resolves.toMatchObject({
      version: 2,
    })
    expect(state(projects).version).toBe(1)
  })
})

test('a preview has the state in which it was planned, after the writes that wait before it', async () => {
  const { projects } = await givenShop()

  const committing = projects.commit(...writeOf([on('new-checkout', 'production', BASE)]))
  const { before, state: after } = await projects.preview(...writeOf([off()]))

  expect(before).toBe(outcomeOf(await committing).state)
  expect(after.flags.get('new-checkout')).toBe(before.flags.get('new-checkout'))
  expect(after.flags.get('theme')?.layers['*']).toMatchObject({ on: false })
  expect(state(projects)).toBe(before)
})

describe('a listener', () => {
  test('is called with the new state before the commit resolves', async () => {
    const { projects } = await givenShop()
    const heard: string[] = []
    const stop = projects.onChange((project, { seq }) =>
      heard.push(`${project.key} ${seq} ${project.state.version}`),
    )

    await projects.commit(...writeOf([off()]))
    expect(heard).toEqual(['shop 2 2'])
    await projects.commit(...writeOf([off()]))
    expect(heard).toHaveLength(1)
    stop()
    await projects.commit(...writeOf([on('theme', '*', BASE)]))
    expect(heard).toHaveLength(1)
  })

  test('that throws affects neither the change nor the other listeners', async () => {
    const errors: unknown[] = []
    const { projects } = await givenShop(undefined, {
      onListenerError: (error) => errors.push(error),
    })
    const failure = new Error('broken listener')
    const heard: number[] = []
    projects.onChange(() => {
      throw failure
    })
    projects.onChange((_, { seq }) => heard.push(seq))

    await expect(projects.commit(...writeOf([off()]))).resolves.toMatchObject({ version: 2 })
    expect(heard).toEqual([2])
    expect(errors).toEqual([failure])
  })
})

describe('a request that is sent twice', () => {
  let asked = 0
  const idempotency = (fingerprint = 'f') => ({
    key: 'k1 once',
    fingerprint,
    respond: () => ({ status: 200, body: `{"answer":${++asked}}`, headers: { etag: '"2"' } }),
  })

  test.for([
    ['changed something', [off()]],
    ['changed nothing', []],
  ] as const)('and that %s gets the first response again', async ([, plan]) => {
    const { projects, stores } = await givenShop()
    const write = () => projects.commit(...writeOf(plan, { idempotency: idempotency() }))
    await write()
    const answer = `{"answer":${asked}}`
    await projects.commit(...writeOf([on('theme', '*', { ...BASE, off: 'on' })]))
    const { version } = state(projects)

    const [second, third] = await Promise.all([write(), write()])

    const receipt = { status: 200, body: answer, headers: { etag: '"2"' }, at: Date.parse(NOW) }
    expect(second).toMatchObject({ replayed: receipt })
    expect(third).toMatchObject({ replayed: receipt })
    const { projects: restarted } = await openShop(stores)
    expect(await restarted.commit(...writeOf(plan, { idempotency: idempotency() }))).toMatchObject({
      replayed: receipt,
    })
    expect(state(projects).version).toBe(version)
  })

  test('is refused if the key belongs to another request', async () => {
    const { projects } = await givenShop()
    await projects.commit(...writeOf([off()], { idempotency: idempotency() }))

    await expect(
      projects.commit(...writeOf([off('staging')], { idempotency: idempotency('other') })),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 })
  })

  test('runs again if it failed the first time', async () => {
    const { projects } = await givenShop()
    const write = (plan: readonly PlannedEdit[]) =>
      projects.commit(...writeOf(plan, { idempotency: idempotency() }))
    await expect(write([on('thme', '*', BASE)])).rejects.toThrow()

    await expect(write([off()])).resolves.toMatchObject({ version: 2 })
  })

  test('gets the first response again also when it creates a project', async () => {
    const { projects } = await openShop()
    const create = () => projects.commit(...creationOf(SHOP, { idempotency: idempotency() }))
    await create()

    expect(await create()).toMatchObject({ replayed: { body: `{"answer":${asked}}` } })
  })
})

describe('a project', () => {
  test('exists once, from its first change on', async () => {
    const { projects, stores } = await openShop()
    expect(() => projects.get('shop')).toThrow(/no project "shop"/)

    const results = await Promise.allSettled([
      projects.commit(...creationOf(SHOP)),
      projects.commit(...creationOf(SHOP)),
    ])

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(projects.commit(...creationOf(SHOP))).rejects.toMatchObject({
      code: 'PROJECT_EXISTS',
    })
    expect(projects.list().map(({ key }) => key)).toEqual(['shop'])
    expect(await stores.log.heads()).toHaveLength(1)
  })

  test('does not exist after a refused creation', async () => {
    const { projects, stores } = await openShop()

    await expect(
      projects.commit(...creationOf([...SHOP, on('theme', 'uat', BASE)])),
    ).rejects.toMatchObject({ code: 'INVALID_CHANGE' })

    expect(projects.list()).toEqual([])
    expect(await stores.log.heads()).toEqual([])
    await expect(projects.commit(...creationOf(SHOP))).resolves.toMatchObject({ version: 1 })
  })

  test('can be created after a crash between its log and its first change', async () => {
    const stores = createMemoryStores()
    const { epoch } = await stores.log.create('shop')
    const { projects } = await openShop(stores)
    expect(projects.list()).toEqual([])
    expect(() => projects.get('shop')).toThrow(/no project "shop"/)

    await projects.commit(...creationOf(SHOP))

    expect(projects.get('shop')).toMatchObject({ epoch, state: { version: 1 } })
  })
})

describe('the deletion of a project', () => {
  const allow = () => undefined
  const gone = { code: 'PROJECT_NOT_FOUND' }

  test('refuses the writes that wait behind it, also if the key is used again', async () => {
    const { projects } = await givenShop()
    const { epoch } = projects.get('shop')

    const results = await Promise.allSettled([
      projects.delete('shop', allow),
      projects.commit(...creationOf(SHOP)),
      projects.commit(...writeOf([off()])),
      projects.preview(...writeOf([off()])),
      projects.delete('shop', allow),
    ])

    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ])
    for (const result of results.slice(2)) expect(result).toMatchObject({ reason: gone })
    expect(state(projects).version).toBe(1)
    expect(projects.get('shop').epoch).not.toBe(epoch)
  })

  test('ends with the project or without it if the store fails, as the log has it', async () => {
    for (const deletes of [false, true]) {
      const { stores } = await givenShop()
      const { log } = stores
      const failing: typeof log.delete = async (head) => {
        if (deletes) await log.delete(head)
        throw new Error('disk')
      }
      const { projects } = await openShop({ ...stores, log: { ...log, delete: failing } })
      const deleted: string[] = []
      projects.onDeleted((key) => deleted.push(key))

      await expect(projects.delete('shop', allow)).rejects.toThrow('disk')
      const [next] = await Promise.allSettled([projects.commit(...writeOf([off()]))])

      expect(next.status).toBe(deletes ? 'rejected' : 'fulfilled')
      expect(projects.has('shop')).toBe(!deletes)
      expect(deleted).toEqual(deletes ? ['shop'] : [])
    }
  })

  test('does nothing if its check fails', async () => {
    const { projects } = await givenShop()
    const refuse = () => {
      throw new Error('not this one')
    }

    await expect(projects.delete('shop', refuse)).rejects.toThrow('not this one')

    expect(projects.has('shop')).toBe(true)
  })
})

describe('a store that fails', () => {
  const broken = ({ log, ...stores }: Stores, keepsIt: boolean): Stores => {
    let failures = 1
    const append: typeof log.append = async (...change) => {
      if (failures-- > 0) {
        if (keepsIt) await log.append(...change)
        throw new Error('disk')
      }
      return log.append(...change)
    }
    return { ...stores, log: { ...log, append } }
  }

  test('and loses the change keeps the state', async () => {
    const { stores } = await givenShop()
    const { projects } = await openShop(broken(stores, false))

    await expect(projects.commit(...writeOf([off()]))).rejects.toThrow('disk')

    expect(state(projects).version).toBe(1)
    await expect(projects.commit(...writeOf([off('staging')]))).resolves.toMatchObject({
      version: 2,
    })
    expect(await replayed(stores)).toEqual(state(projects))
  })

  test('but keeps the change is read before the next commit', async () => {
    const { stores } = await givenShop()
    const { projects } = await openShop(broken(stores, true))
    const heard: number[] = []
    projects.onChange((_, { seq }) => heard.push(seq))

    await expect(projects.commit(...writeOf([off()]))).rejects.toThrow('disk')
    await expect(projects.commit(...writeOf([off('staging')]))).resolves.toMatchObject({
      version: 3,
    })

    expect(heard).toEqual([2, 3])
    expect(await replayed(stores)).toEqual(state(projects))
  })

  test('keeps each local write until the log holds it, also those of one request', async () => {
    const { stores } = await givenShop()
    let space = 1
    const append: typeof stores.log.append = async (...change) => {
      if (space-- <= 0) throw problem('STORE_FULL', { reason: 'no space' })
      return stores.log.append(...change)
    }
    const { projects } = await openShop({ ...stores, log: { ...stores.log, append } })
    const [first, second] = ['staging', 'production'].map((scope) =>
      projects.applyLocally(...writeOf([off(scope)])),
    )
    const layers = () => state(projects).flags.get('theme')!.layers

    await first!.committed

    expect(await stores.log.read('shop', 1, 10)).toHaveLength(1)
    expect(layers()).toMatchObject({ staging: { on: false }, production: { on: false } })
    space = 1
    await second!.committed
    expect(await replayed(stores)).toEqual(state(projects))
    expect(layers()).toMatchObject({ production: { on: false } })
  })
})

describe('any interleaving of writers', () => {
  const scopes = fc.constantFrom('*', 'production', 'staging', 'production/acme')
  const flags = fc.constantFrom('theme', 'new-checkout', 'third')
  const layer = fc.record({ on: fc.boolean(), off: fc.constantFrom('on', 'off', 'blue') })
  const edits = fc.array(
    fc.oneof(
      fc.record({ flag: flags, scope: scopes, layer }).map((it) => {
        return on(it.flag, it.scope, { ...BASE, ...it.layer })
      }),
      fc.record({ flag: flags, scope: scopes }).map((it) => on(it.flag, it.scope, null)),
      flags.chain((key) => fc.string().map((description) => flag(key, { description }))),
    ),
    { minLength: 1, maxLength: 3 },
  )
  const writes = fc.array(
    fc.record({
      edits,
      version: fc.option(fc.nat(10), { nil: undefined }),
      scope: fc.option(scopes, { nil: undefined }),
    }),
    { maxLength: 30 },
  )

  test('leads to versions 1, 2, 3 … without a gap, and to the state that a replay yields', async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const { projects, stores } = await givenShop()
        const seen: number[] = []
        projects.onChange((_, { seq }) => seen.push(seq))

        const results = await Promise.allSettled(
          all.map(({ edits: plan, version, scope }) => {
            return projects.commit(
              ...writeOf(plan, { names, expected: version, ...(scope && { scope }) }),
            )
          }),
        )

        const log = await stores.log.read('shop', 0, 1_000)
        const made = results.filter((it) => it.status === 'fulfilled' && it.value.change)
        expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1))
        expect(seen).toEqual(log.slice(1).map(({ seq }) => seq))
        expect(made).toHaveLength(log.length - 1)
        const again = await replayed(stores)
        expect(again).toStrictEqual(state(projects))
        expect(rulesetsOf(again)).toBe(rulesetsOf(state(projects)))
        await stores.close()
      }),
    )
  })
})
