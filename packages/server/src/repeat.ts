/**
 * Calls a function at once and then at an interval. A slow call is not overtaken by the next one.
 * @param work never rejects
 * @returns a function that ends it, and waits for the call in progress
 */
export function repeat(work: () => Promise<void>, everyMs: number): () => Promise<void> {
  let running: Promise<void> | undefined
  const call = () => {
    running ??= work().finally(() => {
      running = undefined
    })
  }
  call()
  const timer = setInterval(call, everyMs).unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}
