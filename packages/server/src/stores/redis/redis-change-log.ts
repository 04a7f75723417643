import { randomUUID } from 'node:crypto'
import { problem } from '../../errors.ts'
import type { ChangeLog, LogName } from '../change-log.ts'
import { changeText } from '../change-text.ts'
import { type ChangeText, hashMember, newEpoch, parseChanges } from '../log-rules.ts'
import type { LogWatch } from '../log-watch.ts'
import { createRedisCheckpoints } from './redis-checkpoints.ts'
import type { Heads } from './redis-heads.ts'
import { fenceArguments, requireFenced } from './redis-leases.ts'
import { APPEND, CONFIRM, CREATE, DELETE, FILL, FINISH, READ } from './redis-log-scripts.ts'
import { pairsOf } from './redis-pairs.ts'
import { createRedisReceipts, receiptArguments } from './redis-receipts.ts'
import type { RedisStore } from './redis-store.ts'

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
    ...createRedisReceipts({ shards, run, write }),
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
