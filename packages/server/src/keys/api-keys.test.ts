import { expect, test } from 'vitest'
import { givenShop, openShop, writeOf } from '../../test/shop.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import { createApiKeys } from './api-keys.ts'
import { createKey } from './plan.ts'
import { describeSecret } from './secrets.ts'

const SECRET = 'fh_server_0123456789abcdef'

test('a key that another process revokes while this one starts is refused', async () => {
  const memory = createMemory()
  const { projects } = await givenShop(createMemoryStores(memory))
  const { secret: _, ...described } = describeSecret('server', SECRET)
  const createdAt = '2026-11-20T08:00:00.000Z'
  const key = {
    id: 'k2',
    name: 'one',
    kind: 'server',
    project: 'shop',
    createdAt,
    ...described,
  } as const
  const [, caller] = writeOf([])
  await projects.commit(createKey('shop', key), caller)
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

  const keys = await createApiKeys({
    projects: starting,
    usage,
    now: Date.now,
    onListenerError: (error) => {
      throw error
    },
  })

  expect(keys.authenticate(SECRET)).toBeUndefined()
  expect(keys.isLive('k2')).toBe(false)
})
