/** Longest wait that a server can ask for. */
const MAX_WAIT_MS = 300_000

/** Returns the wait that a `Retry-After` header asks for, ms; 0 if it is missing or invalid. */
export function retryAfterMs(value = '', now: number): number {
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Math.max(0, ms) || 0
}

/** Returns the longer of the client's own wait and the bounded wait that the server asks for. */
export function atLeast(retryMs: number, ms: number): number {
  return Math.max(ms, Math.min(retryMs, MAX_WAIT_MS))
}
