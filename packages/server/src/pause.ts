import { setImmediate as nextTurn } from 'node:timers/promises'

/** Time after which other work gets a turn. */
const TURN_MS = 5

/** Returns a function that waits for the next turn of the event loop when this one was long. */
export function createPause(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN_MS) return
    await nextTurn()
    since = performance.now()
  }
}
