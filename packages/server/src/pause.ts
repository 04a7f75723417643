import { setImmediate as nextTurn } from 'node:timers/promises'

/** Time after which other work gets a turn. */
const TURN_MS = 5

/** The turn that was handed out last. */
let lastTurn: Promise<unknown> = Promise.resolve()

/**
 * Waits for a turn of the event loop that no other caller has. In one turn, hundreds of targets
 * that are prepared at once would hold up a kill.
 */
function ownTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => nextTurn())
  return lastTurn
}

/** Returns a function that waits for another turn of the event loop when this one was long. */
export function createPause(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN_MS) return
    await ownTurn()
    since = performance.now()
  }
}

/**
 * Runs the steps of a long computation, in turns of the event loop that are short.
 * @param signal ends the computation with its reason, before the next turn
 */
export async function runInTurns<T>(
  steps: Generator<unknown, T>,
  signal?: AbortSignal,
): Promise<T> {
  const pause = createPause()
  let step = steps.next()
  while (!step.done) {
    await pause()
    signal?.throwIfAborted()
    step = steps.next()
  }
  return step.value
}

/** Maps many items, in turns of the event loop that are short. */
export async function mapInTurns<T, R>(
  items: readonly T[],
  map: (item: T, i: number) => R,
): Promise<R[]> {
  const pause = createPause()
  const mapped: R[] = []
  for (const item of items) {
    mapped.push(map(item, mapped.length))
    await pause()
  }
  return mapped
}

/**
 * Runs steps in turns of the event loop that are short, so that a kill overtakes the steps that are
 * left. The first of these turns is the present one.
 */
export function stepInTurns(steps: Iterator<unknown>): void {
  const since = performance.now()
  while (!steps.next().done)
    if (performance.now() - since >= TURN_MS) {
      setImmediate(stepInTurns, steps)
      return
    }
}
