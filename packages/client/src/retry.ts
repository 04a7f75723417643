/** Longest wait that a server can ask for. */
const MAX_WAIT_MS = 300_000

/**
 * Returns the wait that a `Retry-After` header asks for, ms; 0 if it is missing or invalid. A date
 * is compared with the server's own clock where the response names it.
 */
export function retryAfterMs(header: (name: string) => string | undefined, now: number): number {
  const value = header('retry-after') ?? ''
  const sentAt = Date.parse(header('date') ?? '') || now
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - sentAt
  return Math.max(0, ms) || 0
}

/** Returns the longer of the client's own wait and the bounded wait that the server asks for. */
export function atLeast(retryMs: number, ms: number): number {
  return Math.max(ms, Math.min(retryMs, MAX_WAIT_MS))
}
