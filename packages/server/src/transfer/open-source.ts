import { problem } from '../errors.ts'
import { openRedisForCommand } from '../stores/open-stores.ts'
import { parseRedisUrl, type RedisAddress } from '../stores/redis/redis-url.ts'
import { openSqliteCopy } from '../stores/sqlite/sqlite-stores.ts'
import type { Stores } from '../stores/stores.ts'
import type { CopyArguments } from './arguments.ts'

/**
 * Opens the stores that projects are copied from. No server may use them, because the copy would
 * lack its later changes.
 * @throws {FlaghoistError} `STORE_LOCKED`, `REDIS_IN_USE`, or as `openStores`
 */
export async function openSource({ source, prefix }: CopyArguments): Promise<Stores> {
  const address = parseRedisUrl(source)
  return address === undefined ? openSqliteCopy(source) : openIdleRedis(address, prefix)
}

async function openIdleRedis(address: RedisAddress, prefix: string): Promise<Stores> {
  const stores = await openRedisForCommand(address, prefix)
  const servers = (await stores.peers?.count()) ?? 0
  if (servers === 0) return stores
  await stores.close()
  throw problem('REDIS_IN_USE', { servers })
}
