import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackoff } from '../../backoff.ts'
import type { LogHead } from '../change-log.ts'
import type { LogWatch } from '../log-watch.ts'
import type { RedisConnection } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'
import { parseHeads } from './redis-heads.ts'
import { createKnownHeads, type KnownHeads } from './redis-known-heads.ts'
import { SYNC } from './redis-log-scripts.ts'

/** Time that a read waits for announcements, and after which the heads are compared anyway. */
export const WAIT_MS = 2_000
const READ_AT_ONCE = 1_000
const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 1_000

/** Follows the announcements of appends and deletions of some shards. */
export interface LogFollower {
  /** Remembers the present heads. Later changes are announced. */
  start(): Promise<void>
  /** Returns the head of a project that was announced last. */
  find(project: string): LogHead | undefined
  /** Returns the logs that Redis has lost. */
  lost(): readonly LogHead[]
  close(): Promise<void>
}

/** The last announcement of a shard that was read, and the heads that were announced. */
interface Position {
  readonly shard: string
  readonly known: KnownHeads
  id: string
}

/**
 * Creates a follower with a connection of its own, which it closes. It reads on where it was when a
 * connection breaks. Every now and then, and after each failure, it compares the heads: a trimmed
 * or lost announcement delays a change, and hides none.
 */
export function createLogFollower(
  connection: RedisConnection,
  shards: readonly string[],
  { announce }: Pick<LogWatch, 'announce'>,
): LogFollower {
  const positions = shards.map((shard): Position => {
    return { shard, known: createKnownHeads(announce), id: '0-0' }
  })
  const backoff = createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS })
  const closing = new AbortController()
  let comparedAt = Number.NEGATIVE_INFINITY
  /** Redis has failed since the heads were compared last: a failover may have lost changes. */
  let hasFailed = false
  let running: Promise<void> = Promise.resolve()
  // A Cluster repeats a command whose node is gone, so that the command does not fail.
  connection.on('-node', () => {
    hasFailed = true
  })

  const compareAll = async () => {
    const mayHaveLost = hasFailed
    hasFailed = false
    for (const position of positions) await compareHeads(connection, position, mayHaveLost)
    comparedAt = performance.now()
  }
  const followOnce = async () => {
    if (performance.now() - comparedAt >= WAIT_MS) await compareAll()
    await readAnnouncements(connection, positions)
    backoff.reset()
  }
  // A connection that is closed while it has no server never answers.
  const closed = once(closing.signal, 'abort').then(() => {
    throw new Error('the follower is closed')
  })
  closed.catch(() => undefined)
  const follow = async () => {
    while (!closing.signal.aborted)
      try {
        await Promise.race([followOnce(), closed])
      } catch {
        // The caller of a command reports its failure. The next round compares the heads.
        comparedAt = Number.NEGATIVE_INFINITY
        hasFailed = true
        await sleep(backoff.next(), undefined, { signal: closing.signal }).catch(() => undefined)
      }
  }
  return {
    async start() {
      try {
        await compareAll()
      } catch (error) {
        throw redisError(error)
      }
      running = follow()
    },
    find: (project) => positions.map(({ known }) => known.find(project)).find(Boolean),
    lost: () => positions.flatMap(({ known }) => known.lost),
    async close() {
      closing.abort()
      connection.disconnect()
      await running
    },
  }
}

/** Announces the heads that have moved, and skips the announcements before that moment. */
async function compareHeads(
  connection: RedisConnection,
  position: Position,
  mayHaveLost: boolean,
): Promise<void> {
  const { shard, known } = position
  const [id, pairs] = (await connection.eval(SYNC.lua, 1, shard)) as [string, string[]]
  const present = parseHeads(pairs).map((head) => ({
    ...head,
    ...(mayHaveLost && { mayHaveLost }),
  }))
  await known.compare(present, async ({ epoch }) => {
    return (await connection.hexists(`${shard}:deleted`, epoch)) === 1
  })
  position.id = id
}

/** Waits for announcements, and passes them on. */
async function readAnnouncements(
  connection: RedisConnection,
  positions: readonly Position[],
): Promise<void> {
  const places = new Map(positions.map((position) => [`${position.shard}:moved`, position]))
  const streams = ['STREAMS', ...places.keys(), ...positions.map(({ id }) => id)]
  const waiting = ['COUNT', READ_AT_ONCE, 'BLOCK', WAIT_MS]
  const found = await connection.call('XREAD', ...waiting, ...streams)
  for (const [key, entries] of streamsOf(found))
    for (const [id, fields] of entries) {
      const position = places.get(key)!
      position.id = id
      position.known.tell(announcedHead(fields))
    }
}

type Entries = readonly (readonly [id: string, fields: readonly string[]])[]

/** The entries of each stream, in either form of the protocol; none after a time without any. */
function streamsOf(reply: unknown): readonly (readonly [key: string, entries: Entries])[] {
  if (reply === null) return []
  const parts = reply as readonly unknown[]
  if (Array.isArray(parts[0])) return parts as [string, Entries][]
  return Array.from({ length: parts.length / 2 }, (_, i) => {
    return [parts[2 * i] as string, parts[2 * i + 1] as Entries]
  })
}

/** The fields are pairs of name and value: project, epoch, version. */
function announcedHead(fields: readonly string[]): LogHead {
  const [, project, , epoch, , version] = fields
  return { project: project!, epoch: epoch!, version: Number(version) }
}
