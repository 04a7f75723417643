import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { withRival } from '../../test/rival-writer.ts'
import {
  BASE,
  creationOf,
  givenShop,
  on,
  openShop,
  outcomeOf,
  SHOP,
  writeOf,
} from '../../test/shop.ts'
import { problem } from '../errors.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import type { Projects } from './projects.ts'

const state = (projects: Projects) => projects.get('shop').state
const tagged = (tag: string) =>
  writeOf(({ flags }) => {
    const { layers: _, ...theme } = flags.get('theme')!
    return [{ kind: 'flag', key: 'theme', after: { ...theme, tags: { ...theme.tags, [tag]: '' } } }]
  })

/** Two servers on one log, as replicas are. */
async function givenReplicas() {
  const memory = createMemory()
  const { projects: first } = await givenShop(createMemoryStores(memory))
  const { projects: second } = await openShop(createMemoryStores(memory))
  return { memory, first, second }
}

/** Resolves once a server has applied a version. */
const reached = (projects: Projects, version: number) =>
  new Promise<void>((resolve) => {
    if (state(projects).version >= version) resolve()
    projects.onChange((_, { seq }) => {
      if (seq >= version) resolve()
    })
  })

describe('servers that share a log', () => {
  test('plan a write again when another server took its sequence number', async () => {
    const { first, second } = await givenReplicas()
    const tags = Array.from({ length: 20 }, (_, i) => `tag-${i}`)

    const committed = await Promise.all(
      tags.map((tag, i) => (i % 2 === 0 ? first : second).commit(...tagged(tag))),
    )

    const versions = committed.map((one) => outcomeOf(one).version).sort((a, b) => a - b)
    expect(versions).toEqual(tags.map((_, i) => i + 2))
    await Promise.all([reached(first, 21), reached(second, 21)])
    expect(Object.keys(state(first).flags.get('theme')!.tags)).toEqual(expect.arrayContaining(tags))
    expect(state(second)).toStrictEqual(state(first))
  })

  test('refuse a write whose expected version was overtaken by another server', async () => {
    const { first, second } = await givenReplicas()
    await first.commit(...writeOf([on('theme', '*', { ...BASE, on: false })]))

    await expect(
      second.commit(
        ...writeOf([on('theme', '*', { ...BASE, off: 'on' })], {
          names: ['layer:theme@*'],
          expected: 1,
        }),
      ),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
  })

  test('follow changes and projects of one another', async () => {
    const { first, second } = await givenReplicas()
    const created = new Promise<string>((resolve) =>
      second.onChange(({ key }) => key === 'other' && resolve(key)),
    )

    await first.commit(...writeOf([on('theme', 'staging', { on: false })]))
    await first.commit(
      ...writeOf([{ kind: 'project', key: 'other', after: { key: 'other', name: 'Other' } }], {
        project: 'other',
        createsProject: true,
      }),
    )

    await reached(second, 2)
    expect(await created).toBe('other')
    expect(second.list().map(({ key }) => key)).toEqual(['shop', 'other'])
    expect(state(second)).toStrictEqual(state(first))
  })
})

describe('a project that another server deletes', () => {
  const allow = () => undefined
  const gone = { code: 'PROJECT_NOT_FOUND' }

  test('is gone, and a later one of the same key is another', async () => {
    const { first, second } = await givenReplicas()
    const { epoch } = second.get('shop')
    const noticed = new Promise<string>((resolve) => void second.onDeleted(resolve))

    await first.delete('shop', allow)
    expect(await noticed).toBe('shop')

    expect(second.list()).toEqual([])
    expect(() => second.get('shop')).toThrow(expect.objectContaining(gone))
    const created = new Promise<void>((resolve) => void first.onChange(() => resolve()))
    await second.commit(...creationOf(SHOP))
    await created
    expect(first.get('shop').epoch).not.toBe(epoch)
    expect(first.get('shop')).toMatchObject({
      epoch: second.get('shop').epoch,
      hash: second.get('shop').hash,
    })
    expect(first.get('shop').hashAt(1)).toBe(second.get('shop').hashAt(1))
    expect(state(first)).toStrictEqual(state(second))
  })

  test('takes no write of a server that has not noticed, although the number would follow', async () => {
    const { first, second } = await givenReplicas()
    const noticed = new Promise<string>((resolve) => void second.onDeleted(resolve))
    await first.delete('shop', allow)
    await first.commit(...creationOf(SHOP))

    await expect(second.commit(...tagged('late'))).rejects.toMatchObject(gone)

    await noticed
    await expect.poll(() => second.has('shop')).toBe(true)
    await second.commit(...tagged('next'))
    expect(state(second).flags.get('theme')!.tags).toEqual({ next: '', team: 'web' })
    await reached(first, 2)
    expect(state(first)).toStrictEqual(state(second))
  })

  test('is checked again in the state that another server led to', async () => {
    const { first, second } = await givenReplicas()
    await first.commit(...tagged('new'))
    const checked: number[] = []

    await second.delete('shop', ({ version }) => void checked.push(version))

    expect(checked.at(-1)).toBe(2)
    expect(second.list()).toEqual([])
  })
})

describe('a server that cannot read the log', () => {
  async function givenUnreadable() {
    const memory = createMemory()
    const { projects: first } = await givenShop(createMemoryStores(memory))
    const { log, ...stores } = createMemoryStores(memory)
    const failure = new Error('the log cannot be read')
    let isReadable = true
    const read: typeof log.read = async (...range) => {
      if (!isReadable) throw failure
      return log.read(...range)
    }
    const failures = vi.fn()
    const { projects: second } = await openShop(
      { ...stores, log: { ...log, read } },
      { onListenerError: failures },
    )
    isReadable = false
    const heal = () => {
      isReadable = true
    }
    return { first, second, failure, failures, heal }
  }

  test('applies a kill as soon as it can, without any further change', async () => {
    const { first, second, failures, heal } = await givenUnreadable()
    await first.commit(...writeOf([on('theme', '*', { ...BASE, on: false })]))
    await expect.poll(() => failures.mock.calls.length).toBeGreaterThanOrEqual(2)

    heal()
    await reached(second, 2)

    expect(state(second)).toStrictEqual(state(first))
  })

  test('previews and commits nothing on the older state', async () => {
    const { first, second, failure, failures, heal } = await givenUnreadable()
    await first.commit(...tagged('first'))
    await expect.poll(() => failures.mock.calls.length).toBeGreaterThan(0)

    await expect(second.preview(...tagged('second'))).rejects.toBe(failure)
    await expect(second.commit(...tagged('second'))).rejects.toBe(failure)
    heal()
    const { state: previewed } = await second.preview(...tagged('second'))

    expect(previewed.version).toBe(3)
    expect(Object.keys(previewed.flags.get('theme')!.tags)).toEqual(['first', 'second', 'team'])
  })

  test('tries no more once it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { first, second, failures } = await givenUnreadable()
    await first.commit(...tagged('first'))
    await expect.poll(() => failures.mock.calls.length).toBeGreaterThan(0)

    second.close()

    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a closed server follows no change of another', async () => {
  const { first, second } = await givenReplicas()
  second.close()

  await first.commit(...tagged('late'))
  await nextTurn()

  expect(state(second).version).toBe(1)
})

test('a conflict that no newer change explains ends a write', async () => {
  const { stores } = await givenShop()
  const append = vi.fn(async () => {
    throw problem('LOG_CONFLICT', { project: 'shop', seq: 2, version: 7 })
  })
  const { projects } = await openShop({ ...stores, log: { ...stores.log, append } })

  await expect(projects.commit(...tagged('one'))).rejects.toMatchObject({ code: 'LOG_CONFLICT' })

  expect(append).toHaveBeenCalledTimes(2)
})

test('a write that always loses its sequence number fails with a conflict, and stores nothing', async () => {
  const memory = createMemory()
  const { projects: rival } = await givenShop(createMemoryStores(memory))
  const stores = withRival(createMemoryStores(memory), (appends) =>
    rival.commit(...tagged(`rival-${appends}`)),
  )
  const { projects } = await openShop(stores)

  await expect(projects.commit(...tagged('late'))).rejects.toMatchObject({ code: 'LOG_CONFLICT' })

  await reached(projects, state(rival).version)
  expect(state(projects)).toStrictEqual(state(rival))
  expect(state(projects).flags.get('theme')!.tags).not.toHaveProperty('late')
})
