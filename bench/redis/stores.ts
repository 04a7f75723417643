import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRedisStores } from '../../packages/server/src/stores/redis/redis-stores.ts'
import { parseRedisUrl } from '../../packages/server/src/stores/redis/redis-url.ts'
import { openSqliteStores } from '../../packages/server/src/stores/sqlite/sqlite-stores.ts'
import type { Stores } from '../../packages/server/src/stores/stores.ts'
import { startCluster, startRedis, type TestRedis } from '../../test-support/redis.ts'

/** The stores to compare. Each has a change on the disk before it acknowledges it. */
export interface Contenders {
  readonly sqlite: Stores
  readonly redis: Stores
  readonly cluster: Stores
  readonly server: TestRedis
  readonly urls: readonly string[]
  stop(): Promise<void>
}

export async function startContenders(): Promise<Contenders> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-bench-'))
  const [server, nodes] = await Promise.all([startRedis(), startCluster()])
  const sqlite = openSqliteStores(folder)
  const [redis, cluster] = await Promise.all([open(server.url), open(nodes.url)])
  return {
    ...{ sqlite, redis, cluster, server, urls: [server.url, nodes.url] },
    async stop() {
      await Promise.all([sqlite, redis, cluster].map((stores) => stores.close()))
      await Promise.all([server.stop(), nodes.stop()])
      rmSync(folder, { recursive: true })
    },
  }
}

/** Opens stores in a Redis of {@link startContenders}. */
export function open(url: string): Promise<Stores> {
  const address = parseRedisUrl(url)!
  return openRedisStores({ address, prefix: 'bench', durability: 'disk', replicas: 0 })
}
