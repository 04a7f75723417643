import type { FlagKey } from '@flaghoist/client'

type Listener = (key: FlagKey, error: unknown) => void

let listener: Listener = () => undefined

/**
 * Sets the listener for new paths that fail during server rendering. `flagHandle` knows their
 * request.
 */
export function onServerFailure(listen: Listener): void {
  listener = listen
}

/** Reports a failing new path to the listener. */
export function recordServerFailure(key: FlagKey, error?: unknown): void {
  listener(key, error)
}
