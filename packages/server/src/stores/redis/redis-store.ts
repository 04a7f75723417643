import { problem } from '../../errors.ts'
import { ANSWER_MS, type RedisConnection } from './redis-connection.ts'
import type { Confirm } from './redis-durability.ts'
import { isUnknownScript, redisError } from './redis-errors.ts'
import type { RedisScript } from './redis-script.ts'
import type { Shards } from './redis-shards.ts'

export type RedisArgument = string | number | Buffer

/** The scripts and keys of one deployment in Redis. */
export interface RedisStore {
  readonly shards: Shards
  /** Runs a script on a shard. @throws {FlaghoistError} `REDIS_UNAVAILABLE` */
  run(script: RedisScript, shard: string, ...args: readonly RedisArgument[]): Promise<unknown>
  /**
   * Runs a script that writes. Resolves once the writes are as durable as the settings promise.
   * @throws {FlaghoistError} `REDIS_UNAVAILABLE`; the writes may have been stored all the same
   */
  write(script: RedisScript, shard: string, ...args: readonly RedisArgument[]): Promise<unknown>
  /** Resolves when no write is pending. */
  settled(): Promise<unknown>
}

export interface RedisStoreOptions {
  readonly connection: RedisConnection
  readonly shards: Shards
  readonly confirm: Confirm
}

export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { connection, shards, confirm } = options
  const pending = new Set<Promise<unknown>>()

  const run: RedisStore['run'] = ({ lua, sha }, shard, ...args) =>
    answerOf(async () => {
      try {
        return await connection.evalsha(sha, 1, shard, ...args)
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return connection.eval(lua, 1, shard, ...args)
      }
    })
  const writeDurably: RedisStore['write'] = async (script, shard, ...args) => {
    const reply = await run(script, shard, ...args)
    await answerOf(() => confirm(shard))
    return reply
  }
  return {
    shards,
    run,
    write(script, shard, ...args) {
      const written = writeDurably(script, shard, ...args)
      const remove = () => void pending.delete(written)
      pending.add(written)
      written.then(remove, remove)
      return written
    },
    settled: () => Promise.allSettled(pending),
  }
}

/**
 * Waits for the answer to a command, for a limited time: a connection waits for ever.
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`
 */
export async function answerOf<T>(ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const refuse = () => reject(problem('REDIS_UNAVAILABLE', { problem: SILENCE }))
    // After a long turn of the event loop, the answer may be there without having been read.
    timer = setTimeout(() => setImmediate(refuse), ANSWER_MS)
  })
  try {
    return await Promise.race([ask(), late])
  } catch (error) {
    throw redisError(error)
  } finally {
    clearTimeout(timer)
  }
}

const SILENCE = `it sent no answer within ${ANSWER_MS / 1_000} s`
