import { createHash } from 'node:crypto'

/** A Lua script that the server runs at once: no other command runs in between. */
export interface RedisScript {
  readonly lua: string
  /** The name by which a server knows a script that it has run before. */
  readonly sha: string
}

/**
 * Finds the log of a project. A log has a number, which the names of its keys contain: a later log
 * of the same project has other keys, so that everything of a deleted one is gone at once.
 *
 * The scripts derive the names of keys from that of their shard, which all of them begin with. The
 * braces in it keep them in one slot of a Cluster.
 */
const PRELUDE = `
local shard = KEYS[1]
local logs = shard .. ':logs'
local function logOf(project)
  local text = redis.call('HGET', logs, project)
  if not text then return nil end
  local epoch, version, number = string.match(text, '^(%x+) (%d+) (%d+)$')
  return epoch, tonumber(version), number
end
local function keyOf(number, name) return shard .. ':' .. number .. ':' .. name end
`

/** @param body Lua whose arguments are in ARGV; it may use what {@link PRELUDE} defines */
export function redisScript(body: string): RedisScript {
  const lua = PRELUDE + body
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
