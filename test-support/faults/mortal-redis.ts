import { setTimeout as sleep } from 'node:timers/promises'
import { createShards } from '../../packages/server/src/stores/redis/redis-shards.ts'
import { hasReplicaInStep, startCluster, startRedis, type TestRedis } from '../redis.ts'
import { waitUntil } from '../wait-until.ts'

export type RedisKind = 'Redis' | 'Redis Cluster'

/** A Redis with the ways to kill it. */
export interface MortalRedis {
  /** Settings of servers that share it, and lose nothing by any of the kills. */
  readonly settings: Readonly<Record<string, string>>
  /** Kills without warning. Each leaves Redis running, as redundant as before. */
  readonly kills: readonly (() => Promise<void>)[]
  stop(): Promise<void>
}

/** Time that a killed server is down, ms. */
const DOWN_MS = 200

/** @param project the project whose master is killed in a Cluster @param prefix of all keys */
export async function startMortalRedis(
  kind: RedisKind,
  project: string,
  prefix: string,
): Promise<MortalRedis> {
  return kind === 'Redis' ? startMortalServer(prefix) : startMortalCluster(project, prefix)
}

async function startMortalServer(prefix: string): Promise<MortalRedis> {
  const redis = await startRedis()
  return {
    settings: { FLAGHOIST_REDIS_URL: redis.url, FLAGHOIST_REDIS_PREFIX: prefix },
    kills: [() => killFor(DOWN_MS, redis)],
    stop: redis.stop,
  }
}

async function startMortalCluster(project: string, prefix: string): Promise<MortalRedis> {
  const cluster = await startCluster({ hasReplicas: true })
  const key = `${createShards(prefix).of(project)}:logs`
  const findMaster = async () => {
    let master: TestRedis | undefined
    await waitUntil('the Cluster serves the project', async () => {
      master = await cluster.masterOf(key)
      return master !== undefined
    })
    return master!
  }
  const untilRedundant = () =>
    waitUntil('the master of the project has a replica', async () => {
      const master = await cluster.masterOf(key)
      return master !== undefined && hasReplicaInStep(master.port).catch(() => false)
    })
  return {
    settings: {
      FLAGHOIST_REDIS_URL: cluster.url,
      FLAGHOIST_REDIS_PREFIX: prefix,
      FLAGHOIST_REDIS_REPLICAS: '1',
    },
    kills: [
      async function killMaster() {
        await killFor(DOWN_MS, await findMaster())
        await untilRedundant()
      },
      async function promoteReplica() {
        const master = await findMaster()
        await master.kill()
        await waitUntil('the replica of the killed master is promoted', async () => {
          const next = await cluster.masterOf(key)
          return next !== undefined && next.port !== master.port
        })
        await master.restart()
        await untilRedundant()
      },
    ],
    stop: cluster.stop,
  }
}

async function killFor(ms: number, redis: TestRedis): Promise<void> {
  await redis.kill()
  await sleep(ms)
  await redis.restart()
}
