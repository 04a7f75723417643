/**
 * Runs a path, and reports its end. A path that throws or rejects has the result of `onFailure`.
 */
export function runGuarded<T>(
  path: () => T,
  onSuccess: () => void,
  onFailure: (error: unknown) => T,
): T {
  try {
    const result = path()
    if (!isPromise(result)) {
      onSuccess()
      return result
    }
    return result.then((value) => {
      onSuccess()
      return value
    }, onFailure) as T
  } catch (error) {
    return onFailure(error)
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
