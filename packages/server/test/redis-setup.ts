import type { TestProject } from 'vitest/node'
import { startCluster, startRedis, type TestRedis } from '../../../test-support/redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URLs of a Redis server and of a Redis Cluster that all tests of a run share. */
    readonly redisUrls: { readonly standalone: string; readonly cluster: string }
  }
}

const started: Pick<TestRedis, 'stop'>[] = []

/** Starts Redis once for all tests of the server. Each test uses a prefix of its own. */
export async function setup({ provide }: TestProject): Promise<void> {
  const [standalone, cluster] = await Promise.all([startRedis(), startCluster()])
  started.push(standalone, cluster)
  provide('redisUrls', { standalone: standalone.url, cluster: cluster.url })
}

export async function teardown(): Promise<void> {
  await Promise.all(started.map(({ stop }) => stop()))
}
