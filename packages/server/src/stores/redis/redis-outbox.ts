import type { Delivery, Outbox } from '../outbox.ts'
import { parseHeads } from './redis-heads.ts'
import { fenceArguments, requireFenced } from './redis-leases.ts'
import { HEADS } from './redis-log-scripts.ts'
import { CURSOR, FIND, LATEST, PENDING, PRUNE, RECORD, UPDATE } from './redis-outbox-scripts.ts'
import type { RedisScript } from './redis-script.ts'
import type { RedisArgument, RedisStore } from './redis-store.ts'

export function createRedisOutbox({ shards, run, write }: RedisStore): Outbox {
  const read = async (script: RedisScript, project: string, ...args: readonly RedisArgument[]) =>
    parseDeliveries((await run(script, shards.of(project), project, ...args)) as string[])

  return {
    cursor: async (project) => Number(await run(CURSOR, shards.of(project), project)),
    async record({ project, epoch }, { cursor, deliveries }, fence) {
      const texts = deliveries.flatMap((one) => [...argumentsOf(one), one.notice])
      const terms = fenceArguments(fence)
      const shard = shards.of(project)
      requireFenced(await write(RECORD, shard, ...terms, project, epoch, cursor, ...texts), fence)
    },
    pending: (project, subscription) => read(PENDING, project, subscription),
    latest: (project, subscription, limit) => read(LATEST, project, subscription, limit),
    find: async (project, id) => (await read(FIND, project, id))[0],
    async update(project, deliveries, fence) {
      const texts = [project, ...deliveries.flatMap(argumentsOf)]
      const reply = await write(UPDATE, shards.of(project), ...fenceArguments(fence), ...texts)
      requireFenced(reply, fence)
    },
    async prune({ before, perSubscription }) {
      for (const shard of shards.all)
        for (const { project } of parseHeads((await run(HEADS, shard)) as string[]))
          await run(PRUNE, shard, project, before, perSubscription)
    },
  }
}

function argumentsOf({ notice: _, ...rest }: Delivery): readonly RedisArgument[] {
  const { id, subscription, seq, state, at } = rest
  const isPending = state === 'pending' ? '1' : ''
  return [id, subscription, seq, isPending, `${at} ${JSON.stringify(rest)}`]
}

/** Parses pairs of notice and rest. */
function parseDeliveries(texts: readonly string[]): readonly Delivery[] {
  return Array.from({ length: texts.length / 2 }, (_, i): Delivery => {
    const rest = JSON.parse(texts[2 * i + 1]!) as Omit<Delivery, 'notice'>
    return { ...rest, notice: texts[2 * i]! }
  })
}
