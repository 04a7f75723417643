import { Cluster } from 'ioredis'
import { problem } from '../../errors.ts'
import { createLogWatch } from '../log-watch.ts'
import type { Stores } from '../stores.ts'
import { createRedisChangeLog } from './redis-change-log.ts'
import {
  connect,
  connectAgain,
  createConnection,
  type RedisConnection,
} from './redis-connection.ts'
import { type DurabilitySettings, detectDurability } from './redis-durability.ts'
import { redisError } from './redis-errors.ts'
import { createRedisEventStore } from './redis-event-store.ts'
import { createHeads } from './redis-heads.ts'
import { createRedisKeyUsage } from './redis-key-usage.ts'
import { createRedisLeases } from './redis-leases.ts'
import { createLogFollower, type LogFollower, WAIT_MS } from './redis-log-follower.ts'
import { createRedisOutbox } from './redis-outbox.ts'
import { createRedisPeers } from './redis-peers.ts'
import { createRedisPresence } from './redis-presence.ts'
import { redisScript } from './redis-script.ts'
import { createRedisSessions } from './redis-sessions.ts'
import { createShards } from './redis-shards.ts'
import { answerOf, createRedisStore, type RedisStore } from './redis-store.ts'
import type { RedisAddress } from './redis-url.ts'

export interface RedisSettings extends DurabilitySettings {
  readonly address: RedisAddress
  /** First part of all keys. */
  readonly prefix: string
}

/** Each check writes, and anyone may request one. */
const CHECK_INTERVAL_MS = 1_000

/**
 * Stores in Redis, which several servers share: each follows the changes of the others.
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`, `REDIS_UNSUITABLE`
 */
export async function openRedisStores(settings: RedisSettings): Promise<Stores> {
  const connection = createConnection(settings.address)
  try {
    await connect(connection)
    return await createStores(connection, settings)
  } catch (error) {
    connection.disconnect()
    throw redisError(error)
  }
}

async function createStores(connection: RedisConnection, settings: RedisSettings): Promise<Stores> {
  const shards = createShards(settings.prefix)
  const durability = await answerOf(() => detectDurability(connection, settings))
  const storeOn = (own: RedisConnection) =>
    createRedisStore({ connection: own, shards, confirm: durability(own) })
  const store = storeOn(connection)
  const watch = createLogWatch()
  const peers = createRedisPeers(connection, `${settings.prefix}:${settings.address.database}`)
  // A Cluster has no read of streams on several of its nodes.
  const groups = connection instanceof Cluster ? shards.all.map((one) => [one]) : [shards.all]
  const followers = groups.map((group) =>
    createLogFollower(connectAgain(connection, WAIT_MS), group, watch),
  )
  const stop = () => {
    peers.close()
    return Promise.all(followers.map(({ close }) => close()))
  }
  try {
    await Promise.all(followers.map(({ start }) => start()))
  } catch (error) {
    await stop()
    throw error
  }
  const heads = createHeads(store, (project) =>
    followers.map(({ find }) => find(project)).find(Boolean),
  )
  // Redis serves connections in turn, so that a kill never waits behind all waiting batches.
  const eventConnection = connectAgain(connection)
  const { settle, ...events } = createRedisEventStore(storeOn(eventConnection))

  return {
    readOnly: undefined,
    log: createRedisChangeLog(store, heads, watch),
    events,
    keyUsage: createRedisKeyUsage(store),
    outbox: createRedisOutbox(store),
    leases: createRedisLeases(store),
    sessions: createRedisSessions(store),
    presence: createRedisPresence(store),
    peers,
    check: atMostEvery(CHECK_INTERVAL_MS, () => checkWrites(store, followers)),
    async backup() {
      throw problem('BACKUP_OF_REDIS', {})
    },
    freeBytes: async () => undefined,
    async close() {
      watch.close()
      await Promise.all([settle(), stop(), store.settled()])
      for (const one of [connection, eventConnection]) one.disconnect()
    },
  }
}

/** Rejects if a log is lost, or if Redis takes no writes. */
async function checkWrites(store: RedisStore, followers: readonly LogFollower[]): Promise<void> {
  const [lost] = followers.flatMap((one) => one.lost())
  if (lost !== undefined) throw problem('REDIS_LOST', lost)
  await Promise.all(store.shards.all.map((shard) => store.write(CHECK, shard)))
}

/** Writes a key, and changes nothing. */
const CHECK = redisScript(`redis.call('SET', shard .. ':checked', 1)`)

/** Shares the result of a check for a while. */
function atMostEvery(ms: number, check: () => Promise<void>): () => Promise<void> {
  let checkedAt = Number.NEGATIVE_INFINITY
  let result: Promise<void> = Promise.resolve()
  return () => {
    if (performance.now() - checkedAt >= ms) {
      checkedAt = performance.now()
      result = check()
    }
    return result
  }
}
