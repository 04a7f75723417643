/** Runs the steps of a computation without pauses, and returns its result. */
export function runAtOnce<T>(steps: Generator<unknown, T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}
