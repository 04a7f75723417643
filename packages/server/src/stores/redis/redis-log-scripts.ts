import { CHECK_FENCE } from './redis-leases.ts'
import { redisScript } from './redis-script.ts'

/** Announcements that a shard keeps. A reader that is further behind compares the heads. */
const KEPT_ANNOUNCEMENTS = 10_000

/** Time within which a creation may be repeated, seconds. */
const TOKEN_S = 60

const ANNOUNCE = `
local function announce(project, epoch, version)
  redis.call('XADD', shard .. ':moved', 'MAXLEN', '~', ${KEPT_ANNOUNCEMENTS}, '*',
    'project', project, 'epoch', epoch, 'version', version)
end
`
const KEEP_RECEIPT = `
local function keepReceipt(number, key, receipt, at)
  redis.call('HSET', keyOf(number, 'receipts'), key, receipt)
  redis.call('ZADD', keyOf(number, 'receipt-times'), at, key)
end
`

/** Arguments: project, epoch, a token. A creation that is repeated finds its own token. */
export const CREATE = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if epoch then
  return redis.call('GET', keyOf(number, 'token')) == ARGV[3] and 'OK' or 'EXISTS'
end
number = redis.call('INCR', shard .. ':numbers')
redis.call('HSET', logs, ARGV[1], ARGV[2] .. ' 0 ' .. number)
redis.call('SET', keyOf(number, 'token'), ARGV[3], 'EX', ${TOKEN_S})
-- A log that has come back is not deleted.
redis.call('HDEL', shard .. ':deleted', ARGV[2])
return 'OK'
`)

/** Arguments: project, epoch, and pairs of number and change. */
export const FILL = redisScript(`
local epoch, version, number = logOf(ARGV[1])
if epoch ~= ARGV[2] then return { 'NO_LOG' } end
if version ~= 0 then return { 'CONFLICT', version } end
for i = 3, #ARGV, 2 do
  redis.call('XADD', keyOf(number, 'changes'), ARGV[i] .. '-0', 'change', ARGV[i + 1], 'token', '')
end
return { 'OK' }
`)

/** Arguments: project, epoch, version. */
export const FINISH = redisScript(`${ANNOUNCE}
local project, version = ARGV[1], ARGV[3]
local epoch, found, number = logOf(project)
if epoch ~= ARGV[2] then return { 'NO_LOG' } end
if found ~= 0 then return { found == tonumber(version) and 'OK' or 'CONFLICT', found } end
redis.call('HSET', logs, project, epoch .. ' ' .. version .. ' ' .. number)
announce(project, epoch, version)
return { 'OK' }
`)

/**
 * `hasHash` returns true if the last change has a hash. The hash is kept beside the log, so that a
 * change of many MiB is not read again. If a copy or an older server wrote the change, no hash is
 * kept, and its text is searched for the member.
 */
const LAST_HASH = `
local function hasHash(number, version, hash, member)
  if version == 0 then return true end
  local kept = redis.call('HGET', keyOf(number, 'last'), string.format('%.0f', version))
  if kept then return kept == hash end
  local id = string.format('%.0f-0', version)
  local last = redis.call('XRANGE', keyOf(number, 'changes'), id, id)[1]
  return last and string.find(last[2][2], member, 1, true)
end
local function keepHash(number, seq, hash)
  redis.call('DEL', keyOf(number, 'last'))
  redis.call('HSET', keyOf(number, 'last'), seq, hash)
end
`

/**
 * Arguments: project, epoch, number of the change, the change, a token, the lease and the number of
 * the fence, the receipt's key, text and time, the hash of the change before and its member, and
 * the own hash. An append that is repeated finds its own token. A failover may have replaced the
 * change before by another.
 */
export const APPEND = redisScript(`${ANNOUNCE}${KEEP_RECEIPT}${CHECK_FENCE}${LAST_HASH}
local project, expected, seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
local epoch, version, number = logOf(project)
if epoch ~= expected then return { 'NO_LOG' } end
local changes, id = keyOf(number, 'changes'), ARGV[3] .. '-0'
if seq <= version then
  local found = redis.call('XRANGE', changes, id, id)[1]
  if found and found[2][4] == ARGV[5] then return { 'OK' } end
end
local newest = newerGrant(ARGV[6], ARGV[7])
if newest then return { 'LEASE_LOST', newest } end
if seq ~= version + 1 then return { 'CONFLICT', version } end
if not hasHash(number, version, ARGV[11], ARGV[12]) then return { 'CONFLICT', version } end
redis.call('XADD', changes, id, 'change', ARGV[4], 'token', ARGV[5])
keepHash(number, ARGV[3], ARGV[13])
redis.call('HSET', logs, project, epoch .. ' ' .. ARGV[3] .. ' ' .. number)
if ARGV[8] ~= '' then keepReceipt(number, ARGV[8], ARGV[9], ARGV[10]) end
announce(project, epoch, ARGV[3])
return { 'OK' }
`)

/**
 * Arguments: project, epoch, number and hash of the last change, the member of the hash, and the
 * receipt's key, text and time. The settings can confirm only what a connection has written, and
 * everything before that: this writes a key.
 */
export const CONFIRM = redisScript(`${KEEP_RECEIPT}${LAST_HASH}
local epoch, version, number = logOf(ARGV[1])
if epoch ~= ARGV[2] then return { 'NO_LOG' } end
if version ~= tonumber(ARGV[3]) or not hasHash(number, version, ARGV[4], ARGV[5]) then
  return { 'CONFLICT', version }
end
redis.call('SET', shard .. ':checked', 1)
if ARGV[6] ~= '' then keepReceipt(number, ARGV[6], ARGV[7], ARGV[8]) end
return { 'OK' }
`)

/**
 * Arguments: project, epoch, version, a token. Events are hidden with the number of the log, and
 * pruning deletes them.
 */
export const DELETE = redisScript(`${ANNOUNCE}
local project, expected = ARGV[1], ARGV[2]
local epoch, version, number = logOf(project)
if epoch ~= expected then
  if redis.call('HGET', shard .. ':deleted', expected) == ARGV[4] then return { 'OK' } end
  return { 'NO_LOG' }
end
if version ~= tonumber(ARGV[3]) then return { 'CONFLICT', version } end
redis.call('HDEL', logs, project)
redis.call('HSET', shard .. ':deleted', epoch, ARGV[4])
for _, name in ipairs({ 'changes', 'receipts', 'receipt-times', 'uses', 'cursor', 'deliveries',
  'notices', 'presence', 'checkpoint', 'last' }) do
  redis.call('UNLINK', keyOf(number, name))
end
for _, name in ipairs(redis.call('SMEMBERS', keyOf(number, 'subscriptions'))) do
  redis.call('UNLINK', keyOf(number, 'all:' .. name), keyOf(number, 'pending:' .. name))
end
redis.call('UNLINK', keyOf(number, 'subscriptions'))
redis.call('SADD', shard .. ':hidden', number)
announce(project, '', 0)
return { 'OK' }
`)

/** Returns all logs of a shard, as pairs of project and text. */
export const HEADS = redisScript(`return redis.call('HGETALL', logs)`)

/** Argument: project. */
export const HEAD = redisScript(`return redis.call('HGET', logs, ARGV[1])`)

/** Argument: epoch. Returns 1 if its log was deleted. */
export const IS_DELETED = redisScript(`
return redis.call('HEXISTS', shard .. ':deleted', ARGV[1])
`)

/** Arguments: project, number of the change before the first one, most changes. */
export const READ = redisScript(`
local epoch, _, number = logOf(ARGV[1])
if not epoch then return {} end
local from = string.format('%.0f-0', tonumber(ARGV[2]) + 1)
local found = redis.call('XRANGE', keyOf(number, 'changes'), from, '+', 'COUNT', ARGV[3])
local texts = {}
for i, entry in ipairs(found) do
  texts[2 * i - 1] = entry[1]
  texts[2 * i] = entry[2][2]
end
return texts
`)

/** Arguments: project, key. */
export const RECEIPT = redisScript(`
local epoch, _, number = logOf(ARGV[1])
return epoch and redis.call('HGET', keyOf(number, 'receipts'), ARGV[2])
`)

/** Argument: project. Returns pairs of key and receipt. */
export const RECEIPTS = redisScript(`
local epoch, _, number = logOf(ARGV[1])
return epoch and redis.call('HGETALL', keyOf(number, 'receipts')) or {}
`)

/** Arguments: project, key, receipt, time. */
export const KEEP = redisScript(`${KEEP_RECEIPT}
local epoch, _, number = logOf(ARGV[1])
if epoch then keepReceipt(number, ARGV[2], ARGV[3], ARGV[4]) end
`)

/** Arguments: time before which receipts are deleted, most receipts. Returns the number deleted. */
export const PRUNE_RECEIPTS = redisScript(`
local left = tonumber(ARGV[2])
for _, text in ipairs(redis.call('HVALS', logs)) do
  local number = string.match(text, '%d+$')
  local times = keyOf(number, 'receipt-times')
  local old = redis.call('ZRANGEBYSCORE', times, '-inf', '(' .. ARGV[1], 'LIMIT', 0, left)
  if #old > 0 then
    redis.call('HDEL', keyOf(number, 'receipts'), unpack(old))
    redis.call('ZREM', times, unpack(old))
    left = left - #old
  end
  if left <= 0 then break end
end
return tonumber(ARGV[2]) - left
`)

/** Returns the last announcement and all logs of a shard, both of one moment. */
export const SYNC = redisScript(`
local last = redis.call('XREVRANGE', shard .. ':moved', '+', '-', 'COUNT', 1)[1]
return { last and last[1] or '0-0', redis.call('HGETALL', logs) }
`)
