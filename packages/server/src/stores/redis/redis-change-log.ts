import { randomUUID } from 'node:crypto'
import { problem } from '../../errors.ts'
import type { ChangeLog, LogName, Receipt } from '../change-log.ts'
import { changeText } from '../change-text.ts'
import { type ChangeText, hashMember, newEpoch, parseChanges } from '../log-rules.ts'
import type { LogWatch } from '../log-watch.ts'
import { createRedisCheckpoints } from './redis-checkpoints.ts'
import type { Heads } from './redis-heads.ts'
import { fenceArguments, requireFenced } from './redis-leases.ts'
import {
  APPEND,
  CONFIRM,
  CREATE,
  DELETE,
  FILL,
  FINISH,
  KEEP,
  PRUNE_RECEIPTS,
  READ,
  RECEIPT,
  RECEIPTS,
} from './redis-log-scripts.ts'
import { pairsOf } from './redis-pairs.ts'
import type { RedisStore } from './redis-store.ts'

/** Receipts deleted by one script: a millisecond. */
const PRUNED_AT_ONCE = 1_000
/** Changes copied by one script. */
const FILLED_AT_ONCE = 50

/**
 * A change log in Redis. The owner of the watch ends it.
 */
export function createRedisChangeLog(
  { shards, run, write }: RedisStore,
  heads: Heads,
  { watch }: Pick<LogWatch, 'watch'>,
): ChangeLog {
  const append: ChangeLog['append'] = async (log, change, { receipt, fence } = {}) => {
    const { project, epoch } = log
    const { seq, previousHash, hash } = change
    const texts = [changeText(change), randomUUID()]
    const terms = [...fenceArguments(fence), ...receiptArguments(receipt)]
    const hashes = [previousHash, hashMember(previousHash), hash]
    const values = [project, epoch, seq, ...texts, ...terms, ...hashes]
    const reply = await write(APPEND, shards.of(project), ...values)
    requireFenced(reply, fence)
    if (isMissing(reply)) await heads.find(project) // Rejects if Redis has lost the log.
    requireStored(reply, log, seq)
  }

  return {
    heads: heads.all,
    head: heads.find,
    async create(project, epoch = newEpoch()) {
      const reply = await write(CREATE, shards.of(project), project, epoch, randomUUID())
      if (reply !== 'OK') throw problem('PROJECT_EXISTS', { project })
      return { project, epoch, version: 0 }
    },
    async fill(log, changes) {
      const { project, epoch } = log
      for (let i = 0; i < changes.length; i += FILLED_AT_ONCE) {
        const some = changes.slice(i, i + FILLED_AT_ONCE)
        const texts = some.flatMap((change) => [change.seq, changeText(change)])
        const reply = await write(FILL, shards.of(project), project, epoch, ...texts)
        requireStored(reply, log, some[0]!.seq)
      }
    },
    async finish(head) {
      const { project, epoch, version } = head
      const reply = await write(FINISH, shards.of(project), project, epoch, version)
      requireStored(reply, head, version)
    },
    append,
    // Redis reserves no memory for urgent changes. The operator watches its limit.
    appendUrgent: append,
    async confirm(log, { seq, hash }, receipt) {
      const { project, epoch } = log
      const values = [seq, hash, hashMember(hash), ...receiptArguments(receipt)]
      const reply = await write(CONFIRM, shards.of(project), project, epoch, ...values)
      if (isMissing(reply)) await heads.find(project) // Rejects if Redis has lost the log.
      requireStored(reply, log, seq + 1)
    },
    async delete(head) {
      const { project, epoch, version } = head
      const shard = shards.of(project)
      const reply = await write(DELETE, shard, project, epoch, version, randomUUID())
      requireStored(reply, head, version + 1)
    },
    async read(project, after, limit) {
      const texts = (await run(READ, shards.of(project), project, after, limit)) as string[]
      return parseChanges(project, pairsOf(texts).map(changeTextOf))
    },
    ...createRedisCheckpoints({ shards, run }),
    receipt: (project, key) => findReceipt({ shards, run, write }, project, key),
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
    watch,
  }
}

function changeTextOf([id, change]: readonly [string, string]): ChangeText {
  return { seq: Number.parseInt(id, 10), change }
}

/** Returns true for the reply of a script that has found no log, or another one. */
function isMissing(reply: unknown): boolean {
  return (reply as readonly [string])[0] === 'NO_LOG'
}

/** @throws {FlaghoistError} `PROJECT_NOT_FOUND`, `LOG_CONFLICT` unless a script has stored all */
function requireStored(reply: unknown, { project }: LogName, seq: number): void {
  const [status, version] = reply as [string, number]
  if (isMissing(reply)) throw problem('PROJECT_NOT_FOUND', { project })
  if (status === 'CONFLICT') throw problem('LOG_CONFLICT', { project, seq, version })
}

/**
 * Returns the receipt of a write once its change is as durable as the settings promise. The write
 * itself may have failed because too few servers confirmed it.
 */
async function findReceipt(
  { shards, run, write }: Pick<RedisStore, 'shards' | 'run' | 'write'>,
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

function receiptArguments(receipt: Receipt | undefined): readonly (string | number)[] {
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
