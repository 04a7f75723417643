/** No server can send its clients away for longer. */
const MAX_WAIT_MS = 300_000

/** How long `Retry-After` asks to wait, in ms; 0 where it does not say, or says nonsense. */
export function retryAfterMs(value = '', now: number): number {
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Math.max(0, ms) || 0
}

/** A wait of one's own, or the one that the server asks for if that is longer. */
export function atLeast(retryMs: number, ms: number): number {
  return Math.max(ms, Math.min(retryMs, MAX_WAIT_MS))
}
