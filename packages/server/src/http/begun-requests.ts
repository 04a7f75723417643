import { AsyncLocalStorage } from 'node:async_hooks'

/** The state of a request that a direct route leaves to the router. */
export interface Begun {
  /** True if the request already counts for the limit of its caller. */
  readonly isCounted: boolean
  /** Failure of the work itself; undefined if only the router can name the fault. */
  readonly failure?: unknown
}

const current = new AsyncLocalStorage<Begun>()

/** Routes a request, so that the hooks and routes behind it know its state. */
export function routeAsBegun<T>(begun: Begun, route: () => T): T {
  return current.run(begun, route)
}

/** Returns true if the current request counts for the limit of its caller already. */
export function isCountedAlready(): boolean {
  return current.getStore()?.isCounted ?? false
}

/** Throws the failure of the current request, if a direct route has done its work in vain. */
export function throwKnownFailure(): void {
  const failure = current.getStore()?.failure
  if (failure !== undefined) throw failure
}
