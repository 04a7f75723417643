import { expect, test } from 'vitest'
import { makeChange, shopOf } from '../src/stores/change-log.contract.ts'
import { isAppendConflict } from '../src/stores/change-log.ts'
import { createMemory, createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { withRival } from './rival-writer.ts'

test('a rival takes the sequence number of an append, as often as it writes', async () => {
  const memory = createMemory()
  const other = createMemoryStores(memory)
  const shop = await other.log.create('shop')
  const { log } = withRival(createMemoryStores(memory), (appends) =>
    appends < 2 ? other.log.append(shop, makeChange(appends + 1)) : undefined,
  )

  await expect(log.append(await shopOf(log), makeChange(1))).rejects.toSatisfy(isAppendConflict)
  await expect(log.append(await shopOf(log), makeChange(2))).rejects.toSatisfy(isAppendConflict)
  await log.append(await shopOf(log), makeChange(3))

  expect(await other.log.heads()).toMatchObject([{ version: 3 }])
})
