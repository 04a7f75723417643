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
 * Visits values in turns of the event loop that are short, so that a kill overtakes the visits that
 * are left. The first of these turns is the present one.
 */
export function visitInTurns<T>(
  values: Iterator<T>,
  visit: (value: T) => void,
  first = values.next(),
): void {
  const since = performance.now()
  for (let next = first; !next.done; next = values.next()) {
    if (performance.now() - since >= TURN_MS) {
      setImmediate(visitInTurns<T>, values, visit, next)
      return
    }
    visit(next.value)
  }
}
