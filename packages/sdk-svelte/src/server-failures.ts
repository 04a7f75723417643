import type { FlagKey } from '@flaghoist/client'

let listener: (key: FlagKey) => void = () => undefined

/**
 * Sets the listener for new paths that fail during server rendering. `flagHandle` knows their
 * request.
 */
export function onServerFailure(listen: (key: FlagKey) => void): void {
  listener = listen
}

/** Reports a failing new path to the listener. */
export function recordServerFailure(key: FlagKey): void {
  listener(key)
}
