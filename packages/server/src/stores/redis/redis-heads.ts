import { problem } from '../../errors.ts'
import type { ChangeLog, LogHead } from '../change-log.ts'
import { HEAD, HEADS, IS_DELETED } from './redis-log-scripts.ts'
import { pairsOf } from './redis-pairs.ts'
import type { RedisStore } from './redis-store.ts'

/** The heads of all logs. */
export interface Heads {
  readonly all: ChangeLog['heads']
  /** @throws {FlaghoistError} `REDIS_LOST` for a log that is missing without a deletion */
  readonly find: ChangeLog['head']
}

/** @param knownHead returns the head of a log that Redis had */
export function createHeads(
  { shards, run }: RedisStore,
  knownHead: (project: string) => LogHead | undefined,
): Heads {
  const rejectLost = async (project: string) => {
    const known = knownHead(project)
    if (known === undefined) return
    const isDeleted = (await run(IS_DELETED, shards.of(project), known.epoch)) === 1
    if (!isDeleted) throw problem('REDIS_LOST', { project })
  }
  return {
    async all() {
      const found = await Promise.all(shards.all.map((shard) => run(HEADS, shard)))
      return found
        .flatMap((pairs) => parseHeads(pairs as string[]))
        .sort((a, b) => (a.project < b.project ? -1 : 1))
    },
    async find(project) {
      const text = await run(HEAD, shards.of(project), project)
      if (text !== null) return parseHead(project, String(text))
      await rejectLost(project)
      return undefined
    },
  }
}

/** Parses pairs of project and text. */
export function parseHeads(pairs: readonly string[]): readonly LogHead[] {
  return pairsOf(pairs).map(([project, text]) => parseHead(project, text))
}

function parseHead(project: string, text: string): LogHead {
  const [epoch, version] = text.split(' ')
  return { project, epoch: epoch!, version: Number(version) }
}
