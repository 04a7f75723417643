import type { ChangeLog } from '../change-log.ts'
import { redisScript } from './redis-script.ts'
import type { RedisStore } from './redis-store.ts'

/** Checkpoints as lists of texts. Redis may lose the end of one: its digest shows it. */
export function createRedisCheckpoints({
  shards,
  run,
}: Pick<RedisStore, 'shards' | 'run'>): Pick<ChangeLog, 'checkpoint' | 'keepCheckpoint'> {
  return {
    async checkpoint(project) {
      const shard = shards.of(project)
      const texts: string[] = []
      for (;;) {
        const text = await run(READ, shard, project, texts.length)
        if (text === null) return texts
        texts.push(String(text))
      }
    },
    async keepCheckpoint({ project, epoch }, texts) {
      for (const [part, text] of texts.entries())
        await run(KEEP, shards.of(project), project, epoch, part, text)
    },
  }
}

/** Arguments: project, number of the text. */
const READ = redisScript(`
local epoch, _, number = logOf(ARGV[1])
return epoch and redis.call('LINDEX', keyOf(number, 'checkpoint'), ARGV[2])
`)

/** Arguments: project, epoch, number of the text, the text. The first one deletes all others. */
const KEEP = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if epoch ~= ARGV[2] then return 0 end
local key = keyOf(number, 'checkpoint')
if ARGV[3] == '0' then redis.call('UNLINK', key) end
return redis.call('RPUSH', key, ARGV[4])
`)
