import { createSubscriber } from 'svelte/reactivity'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

const subscribe = every(10 * SECOND_MS)
const subscribeToSeconds = every(SECOND_MS)

/** Returns the current time, epoch ms. Text that reads it is renewed every 10 s. */
export function now(): number {
  subscribe()
  return Date.now()
}

/**
 * Returns the current time, epoch ms, for the age of an instant. Text that reads it is renewed
 * every second during the first minute of the instant, and every 10 s from then on.
 */
export function nowSince(instant: string): number {
  const age = Date.now() - Date.parse(instant)
  if (age < 0 || age >= MINUTE_MS) return now()
  subscribeToSeconds()
  return Date.now()
}

function every(ms: number): () => void {
  return createSubscriber((update) => {
    const timer = setInterval(update, ms)
    return () => clearInterval(timer)
  })
}
