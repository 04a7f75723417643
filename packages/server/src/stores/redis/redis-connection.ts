import { once } from 'node:events'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress } from './redis-url.ts'

/** A connection to one server, or to the nodes of a Cluster. */
export type RedisConnection = Redis | Cluster

/** Time that a command has to be answered. */
export const ANSWER_MS = 2_000
/** Time after which a connection without an answer is given up, and made anew. */
const SILENCE_MS = 4_000
const CONNECT_MS = 2_000
const START_MS = 10_000
const MAX_RETRY_MS = 1_000

/** Creates a connection that repeats itself for ever. */
export function createConnection(address: RedisAddress): RedisConnection {
  const { kind, hosts, username, password, isEncrypted } = address
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isEncrypted && { tls: {} }),
    ...TIMES,
  } satisfies RedisOptions
  const connection =
    kind === 'cluster'
      ? new Cluster([...hosts], { ...CLUSTER_TIMES, redisOptions: options })
      : new Redis({ ...options, ...PATIENCE, ...placeOf(address) })
  // Each command reports the failure. Without a listener, the event would end the process.
  return connection.on('error', () => undefined)
}

/** Connects. @throws the latest error of the connection if it is not ready in time */
export async function connect(connection: RedisConnection): Promise<void> {
  let latest: unknown = new Error(`it was not ready within ${START_MS / 1_000} s`)
  const note = (error: unknown) => {
    latest = error
  }
  connection.on('error', note)
  try {
    // A Cluster that is still being formed refuses the first attempts.
    connection.connect().catch(note)
    await once(connection, 'ready', { signal: AbortSignal.timeout(START_MS) })
  } catch {
    throw latest
  } finally {
    connection.off('error', note)
  }
}

/**
 * Creates another connection to the same servers. It connects with its first command.
 * @param waitMs time that its commands wait on the server
 */
export function connectAgain(connection: RedisConnection, waitMs = 0): RedisConnection {
  const socketTimeout = waitMs + SILENCE_MS
  const copy =
    connection instanceof Cluster
      ? connection.duplicate([], { redisOptions: { socketTimeout } })
      : connection.duplicate({ socketTimeout })
  return copy.on('error', () => undefined)
}

function placeOf(address: RedisAddress) {
  const { kind, hosts, master, database, isEncrypted } = address
  if (kind === 'standalone') return { ...hosts[0]!, db: database }
  const { sentinelUsername, sentinelPassword } = address
  return {
    sentinels: [...hosts],
    name: master,
    db: database,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    enableTLSForSentinelMode: isEncrypted,
    ...(isEncrypted && { sentinelTLS: {} }),
    sentinelRetryStrategy: retryDelay,
  }
}

function retryDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), MAX_RETRY_MS) * (0.5 + Math.random() / 2)
}

const TIMES = {
  connectTimeout: CONNECT_MS,
  socketTimeout: SILENCE_MS,
  // A command whose reply was lost may have been executed: it fails, and only its caller may repeat
  // it. A command without a connection fails with the next attempt to connect.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions

const PATIENCE = {
  lazyConnect: true,
  retryStrategy: retryDelay,
  // ioredis ignores the failure of its own renewal, and the unhandled rejection ends the process.
  autoResubscribe: false,
} satisfies RedisOptions

const CLUSTER_TIMES = {
  lazyConnect: true,
  clusterRetryStrategy: retryDelay,
  slotsRefreshTimeout: CONNECT_MS,
} satisfies ClusterOptions
