import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '@flaghoist/core/schema'
import { expect, onTestFinished, test } from 'vitest'
import { BASE, creationOf, givenShop, on, openShop, writeOf } from '../../test/shop.ts'
import { createMemory, createMemoryStores, type Memory } from '../stores/memory/memory-stores.ts'
import { openProjects } from './open-projects.ts'
import type { Projects } from './projects.ts'

const CHANGES = 520

/** A shop whose log has a checkpoint and some changes after it. */
async function givenCheckpoint() {
  const memory = createMemory()
  const { projects, stores } = await givenShop(createMemoryStores(memory))
  await commit(projects, CHANGES)
  await expect.poll(() => stores.log.checkpoint('shop')).not.toEqual([])
  await commit(projects, 20)
  projects.close()
  return { memory, before: projects.get('shop') }
}

async function commit(projects: Projects, count: number) {
  for (let i = 0; i < count; i += 1)
    await projects.commit(...writeOf([on('theme', 'staging', { ...BASE, on: i % 2 === 0 })]))
}

/** Opens the shop again, and counts the changes that it reads before it serves them. */
async function reopen(memory: Memory) {
  const stores = createMemoryStores(memory)
  const errors: unknown[] = []
  let read = 0
  let isOpen = false
  const log = {
    ...stores.log,
    async read(...args: Parameters<typeof stores.log.read>) {
      const changes = await stores.log.read(...args)
      if (!isOpen) read += changes.length
      return changes
    },
  }
  const { projects } = await openShop(
    { ...stores, log },
    { onListenerError: (error) => errors.push(error) },
  )
  isOpen = true
  onTestFinished(projects.close)
  return { projects, errors, read }
}

const texts = (memory: Memory) => [...memory.log.logs.get('shop')!.checkpoint]
const setTexts = (memory: Memory, checkpoint: readonly string[]) => {
  memory.log.logs.get('shop')!.checkpoint = checkpoint
}
function alter(memory: Memory, seq: number, alteration: Partial<Change>) {
  const { changes } = memory.log.logs.get('shop')!
  changes[seq - 1] = JSON.stringify({ ...JSON.parse(changes[seq - 1]!), ...alteration })
}

test('a start from a checkpoint reads the changes after it, and has the same state', async () => {
  const { memory, before } = await givenCheckpoint()

  const { projects, errors, read } = await reopen(memory)

  const { state, hash, hashAt, epoch } = projects.get('shop')
  expect(read).toBeLessThan(100)
  expect(state).toEqual(before.state)
  expect([hash, epoch]).toEqual([before.hash, before.epoch])
  for (let version = 0; version <= state.version + 1; version += 1)
    expect(hashAt(version)).toBe(before.hashAt(version))
  await commit(projects, 1)
  expect(projects.get('shop').state.version).toBe(before.state.version + 1)
  expect(errors).toEqual([])
})

test.for<[string, (memory: Memory) => void]>([
  ['an altered text', (memory) => setTexts(memory, texts(memory).with(-1, '["version","",1]'))],
  ['half of its texts', (memory) => setTexts(memory, texts(memory).slice(0, -1))],
  ['a header that is not JSON', (memory) => setTexts(memory, texts(memory).with(0, '{'))],
  [
    'the header of another version of the server',
    (memory) => {
      const header = JSON.parse(texts(memory)[0]!)
      setTexts(memory, texts(memory).with(0, JSON.stringify({ ...header, server: '0.0.0' })))
    },
  ],
  [
    'texts of another format',
    (memory) => {
      const header = JSON.parse(texts(memory)[0]!)
      setTexts(memory, texts(memory).with(0, JSON.stringify({ ...header, format: 1 })))
    },
  ],
  [
    'the hash of another change',
    (memory) => {
      const header = JSON.parse(texts(memory)[0]!)
      setTexts(memory, texts(memory).with(0, JSON.stringify({ ...header, hash: 'f00' })))
    },
  ],
  [
    'the epoch of another log',
    (memory) => {
      const header = JSON.parse(texts(memory)[0]!)
      setTexts(memory, texts(memory).with(0, JSON.stringify({ ...header, epoch: 'f00' })))
    },
  ],
])('a checkpoint with %s is ignored, and the log is replayed', async ([, damage]) => {
  const { memory, before } = await givenCheckpoint()
  damage(memory)

  const { projects, read } = await reopen(memory)

  expect(read).toBeGreaterThan(CHANGES)
  expect(projects.get('shop').state).toEqual(before.state)
  expect(projects.damaged.size).toBe(0)
})

test('damage before a checkpoint is found after the start, and then kills alone are written', async () => {
  const { memory, before } = await givenCheckpoint()
  alter(memory, 10, { reason: 'forged' })

  const { projects, errors } = await reopen(memory)

  expect(projects.get('shop').state).toEqual(before.state)
  await expect.poll(() => projects.damaged.get('shop')).toMatchObject({ code: 'LOG_CORRUPT' })
  expect(errors).toEqual([projects.damaged.get('shop')])
  expect(projects.get('shop').state).toEqual(before.state)
  await expect(commit(projects, 1)).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
  const killed = { at: before.epoch, by: 'Ada', reason: '' }
  await projects.commit(...writeOf([on('theme', '*', { ...BASE, killed })], { urgent: true }))
  expect(projects.get('shop').state.version).toBe(before.state.version + 1)
  expect(projects.readOnly).toBeUndefined()
})

test('changes before a checkpoint are read once the checks start', async () => {
  const { memory } = await givenCheckpoint()
  const { log } = createMemoryStores(memory)
  let read = 0
  const counted: typeof log = {
    ...log,
    async read(...args) {
      const changes = await log.read(...args)
      read += changes.length
      return changes
    },
  }
  const onListenerError = () => undefined
  const projects = await openProjects({ log: counted, now: Date.now, onListenerError })
  onTestFinished(projects.close)
  for (let turn = 0; turn < 100; turn += 1) await nextTurn()

  expect(read).toBeLessThan(100)
  projects.startChecks()
  await expect.poll(() => read).toBeGreaterThan(CHANGES)
})

test('damage after a checkpoint keeps the project from being served', async () => {
  const { memory, before } = await givenCheckpoint()
  alter(memory, before.state.version, { reason: 'forged' })

  const { projects } = await reopen(memory)

  expect(projects.has('shop')).toBe(false)
  expect(projects.damaged.get('shop')).toMatchObject({ code: 'LOG_CORRUPT' })
})

test('a project that was deleted and created again has no checkpoint of the former', async () => {
  const { memory } = await givenCheckpoint()
  const { projects } = await reopen(memory)
  await projects.delete('shop', () => undefined)
  await projects.commit(
    ...creationOf([{ kind: 'project', key: 'shop', after: { key: 'shop', name: 'Shop' } }]),
  )
  projects.close()

  const { projects: again } = await reopen(memory)

  expect(again.get('shop').state.version).toBe(1)
})
