import { MINUTE_MS } from '../../time.ts'

/** Minutes whose counters share a hash, which stays small enough for Redis to pack it. */
export const SLICE_MINUTES = 10
export const SLICE_MS = SLICE_MINUTES * MINUTE_MS

/** Units that the hashes of an attempt have on average before another one is added. */
export const UNITS_PER_HASH = 64

/**
 * The keys of a log's events. Each attempt has a number.
 *
 * - `attempts`: hash of `flag scope attempt` → number; `next-attempt`: the last number
 * - `ages`: attempts by the time of their latest event; `batches`: ids by their time of receipt
 * - `a<attempt>`: hash of the attempt: its cells (`c:`), metrics (`m:`) and the shape of its hashes
 * - `u<attempt>.<generation>.<n>`: hashes of unit → metrics and exposures, as packed numbers
 * - `s<attempt>.<slice>`: hash of the counters of some minutes; `t<attempt>`: its slices
 */
export const EVENT_KEYS = `
local function attemptKey(number, id) return keyOf(number, 'a' .. id) end
local function slicesKey(number, id) return keyOf(number, 't' .. id) end
local function sliceKey(number, id, slice) return keyOf(number, 's' .. id .. '.' .. slice) end
local function unitsKey(number, id, generation, n)
  return keyOf(number, 'u' .. id .. '.' .. generation .. '.' .. n)
end
`
