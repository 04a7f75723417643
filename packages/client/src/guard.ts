/**
 * Runs the new path, and the old one if the new one throws or rejects.
 * @param onEnd called with the result of the new path, before the old one runs
 */
export function runGuarded<T>(
  next: () => T,
  old: (error: unknown) => T,
  onEnd: (hasWorked: boolean, error?: unknown) => void,
): T {
  const failed = (error: unknown) => {
    onEnd(false, error)
    return old(error)
  }
  try {
    const result = next()
    if (!isPromise(result)) {
      onEnd(true)
      return result
    }
    return result.then((value) => {
      onEnd(true)
      return value
    }, failed) as T
  } catch (error) {
    return failed(error)
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
