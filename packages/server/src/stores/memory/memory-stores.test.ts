import { describeStores } from '../stores.contract.ts'
import { createMemory, createMemoryStores } from './memory-stores.ts'

describeStores('memory', () => {
  const memory = createMemory()
  const open = async () => createMemoryStores(memory)
  return { open, openReplica: open, cleanUp: async () => undefined }
})
