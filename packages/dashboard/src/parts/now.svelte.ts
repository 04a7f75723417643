import { createSubscriber } from 'svelte/reactivity'

const TICK_MS = 10_000

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS)
  return () => clearInterval(timer)
})

/** Returns the current time, epoch ms. Text that reads it is renewed every 10 s. */
export function now(): number {
  subscribe()
  return Date.now()
}
