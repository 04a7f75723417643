import { Cluster, type Redis } from 'ioredis'
import { problem } from '../../errors.ts'
import type { RedisConnection } from './redis-connection.ts'

/** The promise that an acknowledged write keeps. */
export interface DurabilitySettings {
  /** `disk`: it is on the disk of its master. `memory`: it is in the memory of its master. */
  readonly durability: 'disk' | 'memory'
  /** Number of replicas that have it as well. */
  readonly replicas: number
}

/**
 * Waits until all earlier writes of a connection to a shard keep the promise.
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE` if too few servers have them in time
 */
export type Confirm = (shard: string) => Promise<void>

/** Creates the way in which the writes of a connection are confirmed. */
export type Durability = (connection: RedisConnection) => Confirm

/** Time that servers have to confirm a write. The connection executes nothing else meanwhile. */
const CONFIRM_MS = 1_000

/**
 * Checks that the servers can keep the promise, and returns the way to wait for it.
 * @throws {FlaghoistError} `REDIS_UNSUITABLE`
 */
export async function detectDurability(
  connection: RedisConnection,
  settings: DurabilitySettings,
): Promise<Durability> {
  const masters = connection instanceof Cluster ? connection.nodes('master') : [connection]
  const commands = await Promise.all(masters.map((master) => examine(master, settings)))
  const command = commands.includes('wait') ? 'wait' : 'waitaof'
  // A server with `appendfsync always` has a write on its disk before it answers.
  const isConfirmed = settings.replicas === 0 && command === 'wait'
  return (writer) => (isConfirmed ? async () => undefined : confirmWith(writer, command, settings))
}

/** Returns the command that confirms writes on a master. */
async function examine(
  master: Redis,
  { durability }: DurabilitySettings,
): Promise<'wait' | 'waitaof'> {
  const info = await master.info()
  const policy = infoValue(info, 'maxmemory_policy')
  if (policy.startsWith('allkeys')) throw unsuitable(`maxmemory-policy is ${policy}`)
  if (durability === 'memory') return 'wait'
  if (infoValue(info, 'aof_enabled') !== '1') throw unsuitable('appendonly is no')
  const [known] = (await master.command('INFO', 'waitaof')) as unknown[]
  if (known) return 'waitaof'
  const [, fsync] = (await master.config('GET', 'appendfsync').catch(() => [])) as string[]
  if (fsync !== 'always') throw unsuitable(`appendfsync is ${fsync ?? 'unknown'}`)
  return 'wait'
}

function infoValue(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
}

function unsuitable(text: string) {
  return problem('REDIS_UNSUITABLE', { problem: text })
}

function unconfirmed(text: string) {
  return problem('REDIS_UNAVAILABLE', { problem: text })
}

function confirmWith(
  connection: RedisConnection,
  command: 'wait' | 'waitaof',
  { replicas }: DurabilitySettings,
): Confirm {
  const needed = command === 'wait' ? [replicas] : [1, replicas]
  const confirmOnce = async (shard: string) => {
    // The look-up of a key of the shard leads both commands to the node that holds it.
    const replies = await connection
      .pipeline()
      .exists(`${shard}:logs`)
      .call(command, ...needed, CONFIRM_MS)
      .exec()
    const [error, reply] = replies!.at(-1)!
    if (error) throw error
    const [onDisk, confirmed] =
      command === 'wait' ? [1, Number(reply)] : (reply as unknown[]).map(Number)
    if (onDisk! < 1) throw unconfirmed('the master confirmed no write on its disk in time')
    if (confirmed! < replicas)
      throw unconfirmed(`${confirmed} of ${replicas} replicas confirmed a write in time`)
  }
  return shareNext(confirmOnce)
}

/** Runs work for one shard at a time: all calls that come while it runs share the next run. */
function shareNext(work: (shard: string) => Promise<void>): (shard: string) => Promise<void> {
  const runs = new Map<string, { last: Promise<unknown>; next?: Promise<void> | undefined }>()
  return (shard) => {
    const run = runs.get(shard) ?? { last: Promise.resolve() }
    runs.set(shard, run)
    run.next ??= run.last.then(() => {
      run.next = undefined
      const result = work(shard)
      run.last = result.catch(() => undefined)
      return result
    })
    return run.next
  }
}
