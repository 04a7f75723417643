import type { ChangeLog, Receipt } from '../change-log.ts'
import { KEEP, PRUNE_RECEIPTS, RECEIPT, RECEIPTS } from './redis-log-scripts.ts'
import { pairsOf } from './redis-pairs.ts'
import type { RedisStore } from './redis-store.ts'

/** Receipts deleted by one script: a millisecond. */
const PRUNED_AT_ONCE = 1_000

type Connections = Pick<RedisStore, 'shards' | 'run' | 'write'>
type Receipts = Pick<ChangeLog, 'receipt' | 'receipts' | 'keepReceipt' | 'pruneReceipts'>

/** The receipts of writes in Redis. */
export function createRedisReceipts(connections: Connections): Receipts {
  const { shards, run, write } = connections
  return {
    receipt: (project, key) => findReceipt(connections, project, key),
    async receipts(project) {
      const texts = (await run(RECEIPTS, shards.of(project), project)) as string[]
      return pairsOf(texts).map(([key, text]) => parseReceipt(key, text))
    },
    async keepReceipt(project, receipt) {
      await write(KEEP, shards.of(project), project, ...receiptArguments(receipt))
    },
    async pruneReceipts(before) {
      for (const shard of shards.all)
        while ((await run(PRUNE_RECEIPTS, shard, before, PRUNED_AT_ONCE)) === PRUNED_AT_ONCE);
    },
  }
}

/**
 * Returns the receipt of a write once its change is as durable as the settings promise. The write
 * itself may have failed because too few servers confirmed it.
 */
async function findReceipt(
  { shards, run, write }: Connections,
  project: string,
  key: string,
): Promise<Receipt | undefined> {
  const text = await run(RECEIPT, shards.of(project), project, key)
  if (text === null) return undefined
  const receipt = parseReceipt(key, String(text))
  // A confirmation covers what its own connection has written, and everything before that.
  await write(KEEP, shards.of(project), project, ...receiptArguments(receipt))
  return receipt
}

/** Returns the key, the text and the time of a receipt, as scripts expect them. */
export function receiptArguments(receipt: Receipt | undefined): readonly (string | number)[] {
  if (receipt === undefined) return ['', '', 0]
  const { key, at, ...rest } = receipt
  return [key, JSON.stringify({ ...rest, at }), at]
}

function parseReceipt(key: string, text: string): Receipt {
  const { etag, ...receipt } = JSON.parse(text) as StoredReceipt
  return { key, headers: etag === undefined ? {} : { etag }, ...receipt }
}

/** Earlier versions stored the ETag as the only header. */
type StoredReceipt = Omit<Receipt, 'key' | 'headers'> &
  Partial<Pick<Receipt, 'headers'>> & { readonly etag?: string }
