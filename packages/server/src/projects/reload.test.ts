import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { BASE, givenShop, on, openShop, outcomeOf, writeOf } from '../../test/shop.ts'
import { createMemory, createMemoryStores, type Memory } from '../stores/memory/memory-stores.ts'
import type { Projects, Reload } from './projects.ts'

const state = (projects: Projects) => projects.get('shop').state
const tagged = (tag: string) =>
  writeOf(({ flags }) => {
    const { layers: _, ...theme } = flags.get('theme')!
    return [{ kind: 'flag', key: 'theme', after: { ...theme, tags: { ...theme.tags, [tag]: '' } } }]
  })
const tagsOf = (projects: Projects) => Object.keys(state(projects).flags.get('theme')!.tags)

/** Opens a server on a memory, and records its reloads and errors. */
async function givenServer(memory: Memory) {
  const errors: unknown[] = []
  const options = { onListenerError: (error: unknown) => void errors.push(error) }
  const stores = createMemoryStores(memory)
  const { projects } = await (memory.log.logs.has('shop') ? openShop : givenShop)(stores, options)
  onTestFinished(projects.close)
  const reloads: Reload[] = []
  projects.onReloaded((_, reload) => reloads.push(reload))
  return { projects, reloads, errors }
}

/** Two servers whose log has four changes. */
async function givenServers() {
  const memory = createMemory()
  const one = await givenServer(memory)
  const other = await givenServer(memory)
  for (const tag of ['a', 'b', 'c']) await one.projects.commit(...tagged(tag))
  await expect.poll(() => state(other.projects).version).toBe(4)
  return { memory, one, other }
}

const logOf = ({ log }: Memory) => log.logs.get('shop')!

/** Loses the last changes of the log, as a failover does. */
function lose(memory: Memory, count: number) {
  const log = logOf(memory)
  log.version -= log.changes.splice(log.changes.length - count).length
}

/** Announces the head as after a failure of the store. */
function announce({ log }: Memory) {
  const { project, epoch, version } = log.logs.get('shop')!
  const news = { project, epoch, version, mayHaveLost: true }
  for (const watch of log.watches) watch.announce(news)
}

describe('a log that has lost changes', () => {
  test('is read anew at once, and takes the next write', async () => {
    const { memory, one, other } = await givenServers()
    const before = [state(one.projects), state(other.projects)]
    lose(memory, 2)

    announce(memory)

    await expect.poll(() => [one.reloads.length, other.reloads.length]).toEqual([1, 1])
    expect([one.reloads[0], other.reloads[0]]).toEqual(
      before.map((state) => ({ before: state, kept: 2, checkpoint: undefined })),
    )
    expect(tagsOf(one.projects)).toEqual(['a', 'team'])
    expect(state(one.projects)).toStrictEqual(state(other.projects))
    await one.projects.commit(...tagged('d'))
    await expect.poll(() => tagsOf(other.projects)).toEqual(['a', 'd', 'team'])
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test('is read anew by a write, which is planned on the state of the log', async () => {
    const { memory, one } = await givenServers()
    lose(memory, 1)

    await one.projects.commit(...tagged('d'))

    expect(tagsOf(one.projects)).toEqual(['a', 'b', 'd', 'team'])
    expect(state(one.projects).version).toBe(4)
    expect(one.reloads).toHaveLength(1)
  })

  test('is read anew by a write that would change nothing in the lost state', async () => {
    const { memory, one } = await givenServers()
    lose(memory, 1)

    const { change } = outcomeOf(await one.projects.commit(...tagged('c')))

    expect(change?.seq).toBe(4)
    expect(tagsOf(one.projects)).toEqual(['a', 'b', 'c', 'team'])
    expect(logOf(memory).changes).toHaveLength(4)
  })

  test.for([
    ['fewer', 1],
    ['as many', 2],
    ['more', 3],
  ] as const)(
    'and has got %s by another server takes no change on the lost ones',
    async ([, count]) => {
      const { memory, one } = await givenServers()
      one.projects.close() // It does not notice.
      lose(memory, 2)
      const { projects: other } = await givenServer(memory)
      for (let i = 0; i < count; i += 1) await other.commit(...tagged(`new-${i}`))

      await one.projects.commit(...tagged('d'))

      const tags = Array.from({ length: count }, (_, i) => `new-${i}`)
      expect(tagsOf(one.projects)).toEqual(['a', 'd', ...tags, 'team'])
      expect(one.reloads).toMatchObject([{ kept: 2 }])
      const { projects: fresh } = await givenServer(memory)
      expect(fresh.damaged.size).toBe(0)
      expect(state(fresh)).toStrictEqual(state(one.projects))
    },
  )

  test('keeps the local writes, and commits them next', async () => {
    const { memory, one } = await givenServers()
    const killed = { at: '2026-11-20T08:00:00.000Z', by: 'Ada', reason: '' }
    lose(memory, 2)

    const kill = writeOf([on('theme', '*', { ...BASE, killed })], { urgent: true })
    const { committed } = one.projects.applyLocally(...kill)
    expect(state(one.projects).flags.get('theme')!.layers['*']).toMatchObject({ killed })
    await committed

    expect(state(one.projects).flags.get('theme')!.layers['*']).toMatchObject({ killed })
    expect(one.projects.get('shop')).toMatchObject({ local: [], state: { version: 3 } })
  })

  test('executes a request again whose change and receipt were lost', async () => {
    const { memory, one } = await givenServers()
    const fingerprint = 'f'
    const respond = () => ({ status: 200, body: '{}', headers: {} })
    const repeated = () => {
      const [write, caller] = tagged('d')
      return one.projects.commit(write, {
        ...caller,
        idempotency: { key: 'k', fingerprint, respond },
      })
    }
    await repeated()
    expect(await repeated()).toMatchObject({ replayed: { key: 'k' } })
    lose(memory, 1)
    memory.log.receipts.clear()
    announce(memory)
    await expect.poll(() => one.reloads).toHaveLength(1)

    expect(await repeated()).toMatchObject({ version: 5, change: { seq: 5 } })
    expect(tagsOf(one.projects)).toContain('d')
  })

  test.for<[string, (memory: Memory) => void]>([
    ['whose chain is broken', (memory) => logOf(memory).changes.splice(1, 1)],
    [
      'with an altered change',
      (memory) => {
        const { changes } = logOf(memory)
        changes[1] = changes[1]!.replace('"action":"flag.update"', '"action":"flag.delete"')
      },
    ],
    ['that ends before its head', (memory) => void logOf(memory).changes.pop()],
  ])('%s is damaged: the state stays, and no write is taken', async ([, damage]) => {
    const { memory, one } = await givenServers()
    const before = state(one.projects)
    lose(memory, 1)
    damage(memory)
    announce(memory)

    await expect.poll(() => one.errors[0]).toMatchObject({ code: 'LOG_CORRUPT' })

    await expect(one.projects.commit(...tagged('d'))).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    expect(state(one.projects)).toBe(before)
    expect(one.reloads).toEqual([])
  })

  test('is read from its checkpoint, and the changes before are verified later', async () => {
    const memory = createMemory()
    const { projects, reloads, errors } = await givenServer(memory)
    for (let i = 0; i < 520; i += 1)
      await projects.commit(...writeOf([on('theme', 'staging', { ...BASE, on: i % 2 === 0 })]))
    await expect.poll(() => logOf(memory).checkpoint).not.toEqual([])
    lose(memory, 5)
    const { changes } = logOf(memory)
    changes[9] = changes[9]!.replace('"requestId":"r1"', '"requestId":"r2"')

    announce(memory)

    await expect.poll(() => reloads).toMatchObject([{ kept: 516, checkpoint: { seq: 500 } }])
    await expect.poll(() => projects.damaged.get('shop')).toMatchObject({ code: 'LOG_CORRUPT' })
    expect(errors).toEqual([projects.damaged.get('shop')])
    expect(state(projects).version).toBe(516)
  })
})

test('whatever is lost, the chain stays whole and all servers end with the state of the log', async () => {
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.record({ write: fc.constantFrom(0, 1) }) },
    fc.record({ lose: fc.integer({ min: 1, max: 4 }), isTold: fc.boolean() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
      const memory = createMemory()
      const servers = [await givenServer(memory), await givenServer(memory)]
      for (const act of acts)
        if ('write' in act) await servers[act.write]!.projects.commit(...tagged(randomUUID()))
        else {
          lose(memory, Math.min(act.lose, logOf(memory).version - 1))
          if (act.isTold) announce(memory)
        }
      announce(memory)

      const { projects: fresh } = await givenServer(memory)
      expect(fresh.damaged.size).toBe(0)
      for (const { projects } of servers) {
        await expect.poll(() => projects.get('shop').hash).toBe(fresh.get('shop').hash)
        expect(state(projects)).toStrictEqual(state(fresh))
      }
    }),
    { numRuns: 50 },
  )
})
