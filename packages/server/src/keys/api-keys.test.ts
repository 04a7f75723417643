import { expect, test } from 'vitest'
import { givenShop, openShop, writeOf } from '../../test/shop.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import { createApiKeys } from './api-keys.ts'
import { createKey } from './plan.ts'
import { describeSecret } from './secrets.ts'

const SECRET = 'fh_server_0123456789abcdef'
const { secret: _, ...described } = describeSecret('server', SECRET)
const KEY = {
  id: 'k2',
  name: 'one',
  kind: 'server',
  project: 'shop',
  createdAt: '2026-11-20T08:00:00.000Z',
  ...described,
} as const

const onListenerError = (error: unknown) => {
  throw error
}

test('a key that another process revokes while this one starts is refused', async () => {
  const memory = createMemory()
  const { projects } = await givenShop(createMemoryStores(memory))
  const [, caller] = writeOf([])
  await projects.commit(createKey('shop', KEY), caller)
  const stores = createMemoryStores(memory)
  const { projects: starting } = await openShop(stores)
  const revoked = new Promise<void>((resolve) => void starting.onChange(() => resolve()))
  const usage = {
    ...stores.keyUsage,
    async lastUses(project: string) {
      await projects.commit(...writeOf([{ kind: 'apiKey', key: 'k2', after: null }]))
      await revoked
      return stores.keyUsage.lastUses(project)
    },
  }

  const keys = await createApiKeys({ projects: starting, usage, now: Date.now, onListenerError })

  expect(keys.authenticate(SECRET)).toBeUndefined()
  expect(keys.isLive('k2')).toBe(false)
})

test('the next flush stores the last uses that the store did not take', async () => {
  const { projects, stores } = await givenShop()
  const [, caller] = writeOf([])
  await projects.commit(createKey('shop', KEY), caller)
  let [now, isFull] = [1_000, true]
  const usage = {
    ...stores.keyUsage,
    async record(project: string, uses: ReadonlyMap<string, number>) {
      if (!isFull) return stores.keyUsage.record(project, uses)
      now = 2_000
      keys.authenticate(SECRET)
      throw new Error('The disk is full.')
    },
  }
  const keys = await createApiKeys({ projects, usage, now: () => now, onListenerError })
  keys.authenticate(SECRET)

  await expect(keys.flush()).rejects.toThrow('The disk is full.')
  isFull = false
  await keys.flush()

  expect(await stores.keyUsage.lastUses('shop')).toEqual(new Map([['k2', 2_000]]))
})
