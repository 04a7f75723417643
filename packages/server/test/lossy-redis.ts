import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import {
  redisCli,
  startCluster,
  startRedis,
  startSentinel,
  type TestRedis,
  waitForReplica,
} from '../../../test-support/redis.ts'
import { createShards } from '../src/stores/redis/redis-shards.ts'

/** A Redis whose failover loses the changes that its replica has not received. */
export interface LossyRedis {
  readonly url: string
  /** Ends the replication once the replica has all changes so far: it receives no later one. */
  separate(): Promise<void>
  /** Kills the master without warning. */
  kill(): Promise<void>
  /** Kills the master, unless it is dead, and lets the replica take its place. */
  failOver(): Promise<void>
}

/** An address that leads to one server after the other, as managed services have. */
export async function startLossyAddress(): Promise<LossyRedis> {
  const { master, replica } = await startPair()
  const address = await startAddress(master.port)
  return {
    url: address.url,
    separate: () => separate(master),
    kill: () => master.kill(),
    async failOver() {
      await master.kill()
      await redisCli(replica.port, 'REPLICAOF', 'NO', 'ONE')
      address.moveTo(replica)
    },
  }
}

/** A Sentinel that promotes the replica. */
export async function startLossySentinel(): Promise<LossyRedis> {
  const { master } = await startPair()
  const sentinel = await startSentinel(master)
  onTestFinished(() => sentinel.stop())
  const { port } = new URL(sentinel.url)
  // A Sentinel never promotes a replica without a master for ten times as long.
  await redisCli(Number(port), 'SENTINEL', 'SET', 'main', 'down-after-milliseconds', '1000')
  await expect.poll(() => redisCli(Number(port), 'SENTINEL', 'REPLICAS', 'main')).toContain('ip')
  return {
    url: sentinel.url,
    separate: () => separate(master),
    kill: () => master.kill(),
    failOver: () => master.kill(),
  }
}

/**
 * A Cluster in which each master has a replica.
 * @param prefix of all keys @param project whose master is killed
 */
export async function startLossyCluster(prefix: string, project: string): Promise<LossyRedis> {
  const cluster = await startCluster({ hasReplicas: true })
  onTestFinished(() => cluster.stop())
  const key = `${createShards(prefix).of(project)}:logs`
  await expect.poll(() => cluster.masterOf(key)).toBeDefined()
  const master = (await cluster.masterOf(key))!
  return {
    url: cluster.url,
    separate: () => separate(master),
    kill: () => master.kill(),
    failOver: () => master.kill(),
  }
}

/** A master with a replica that can take its place. */
async function startPair() {
  const master = await startRedis('--repl-diskless-sync-delay', '0')
  onTestFinished(() => master.stop())
  const replica = await startRedis('--replicaof', '127.0.0.1', `${master.port}`)
  onTestFinished(() => replica.stop())
  await waitForReplica(master, replica)
  return { master, replica }
}

/** Refuses the replica of a master from now on. Redis calls it a slave in its reports. */
async function separate({ port }: TestRedis): Promise<void> {
  const offset = async (pattern: RegExp) =>
    Number(pattern.exec(await redisCli(port, 'INFO', 'replication'))?.[1])
  const written = await offset(/^master_repl_offset:(\d+)/m)
  await expect.poll(() => offset(/^slave0:.*,offset=(\d+)/m)).toBeGreaterThanOrEqual(written)
  await redisCli(port, 'ACL', 'SETUSER', 'default', '-psync', '-sync')
  await redisCli(port, 'CLIENT', 'KILL', 'TYPE', 'replica')
}

async function startAddress(first: number) {
  const sockets = new Set<Socket>()
  let port = first
  const keep = (socket: Socket, other: Socket) =>
    sockets.add(
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket)
          other.destroy()
        }),
    )
  const address = createServer((client) => {
    const redis = connect(port, '127.0.0.1')
    keep(client, redis)
    keep(redis, client)
    client.pipe(redis).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(address, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    address.close()
  })
  return {
    url: `redis://127.0.0.1:${(address.address() as AddressInfo).port}`,
    moveTo(next: TestRedis) {
      port = next.port
      cut()
    },
  }
}
