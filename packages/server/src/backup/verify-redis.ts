import type { Config } from '../config.ts'
import { openRedisForCommand } from '../stores/open-stores.ts'
import type { RedisAddress } from '../stores/redis/redis-url.ts'
import { type Verification, verificationOf, verifyLogs } from './verify-logs.ts'

/**
 * Verifies the hash chains of all logs in Redis, which servers may write meanwhile.
 * @param heads hashes of changes, recorded earlier and elsewhere, that the logs must still contain
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`
 */
export async function verifyRedis(
  address: RedisAddress,
  { redisPrefix }: Pick<Config, 'redisPrefix'>,
  heads: readonly string[],
): Promise<Verification> {
  const { log, close } = await openRedisForCommand(address, redisPrefix)
  try {
    return verificationOf(await verifyLogs(log, heads))
  } finally {
    await close()
  }
}
