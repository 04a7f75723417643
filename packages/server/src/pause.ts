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

/** Runs the steps of a long computation, in turns of the event loop that are short. */
export async function runInTurns<T>(steps: Generator<unknown, T>): Promise<T> {
  const pause = createPause()
  let step = steps.next()
  while (!step.done) {
    await pause()
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
