import type { Config } from '../config.ts'
import { createMemoryStores } from './memory/memory-stores.ts'
import type { RedisAddress } from './redis/redis-url.ts'
import { openSqliteStores } from './sqlite/sqlite-stores.ts'
import type { Stores } from './stores.ts'

type StoreConfig = Pick<
  Config,
  'dataDir' | 'redis' | 'redisPrefix' | 'redisDurability' | 'redisReplicas'
>

/**
 * Opens the stores that the settings name.
 * @throws {FlaghoistError} if they cannot be used: see `openRedisStores` and `openSqliteStores`
 */
export async function openStores(config: StoreConfig): Promise<Stores> {
  const { dataDir, redis, redisPrefix, redisDurability, redisReplicas } = config
  if (redis !== undefined) {
    const { openRedisStores } = await loadRedis()
    return openRedisStores({
      address: redis,
      prefix: redisPrefix,
      durability: redisDurability,
      replicas: redisReplicas,
    })
  }
  return hasDataFolder(config) ? openSqliteStores(dataDir) : createMemoryStores()
}

/**
 * Opens the stores in Redis for a command, which promises nothing about the durability of writes.
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`, `REDIS_UNSUITABLE`
 */
export async function openRedisForCommand(address: RedisAddress, prefix: string): Promise<Stores> {
  const { openRedisStores } = await loadRedis()
  return openRedisStores({ address, prefix, durability: 'memory', replicas: 0 })
}

/** Returns true if the data folder holds the stores. */
export function hasDataFolder({ dataDir, redis }: Pick<Config, 'dataDir' | 'redis'>): boolean {
  return redis === undefined && dataDir !== ':memory:'
}

/** Loads the client of Redis, which most servers do not need. */
function loadRedis() {
  return import('./redis/redis-stores.ts')
}
