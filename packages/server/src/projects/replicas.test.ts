import { describe, expect, test } from 'vitest'
import { withRival } from '../../test/rival-writer.ts'
import { BASE, givenShop, on, openShop, outcomeOf, writeOf } from '../../test/shop.ts'
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

  test('follow changes, projects and epochs of one another', async () => {
    const { first, second } = await givenReplicas()
    const renewed = new Promise<string>((resolve) => second.onEpoch(({ epoch }) => resolve(epoch)))
    const created = new Promise<string>((resolve) =>
      second.onChange(({ key }) => key === 'other' && resolve(key)),
    )

    await first.commit(...writeOf([on('theme', 'staging', { on: false })]))
    await first.renewEpoch('shop')
    await first.commit(
      ...writeOf([{ kind: 'project', key: 'other', after: { key: 'other', name: 'Other' } }], {
        project: 'other',
        createsProject: true,
      }),
    )

    await reached(second, 2)
    expect(await renewed).toBe(first.get('shop').epoch)
    expect(await created).toBe('other')
    expect(second.list().map(({ key }) => key)).toEqual(['shop', 'other'])
    expect(state(second)).toStrictEqual(state(first))
  })
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
