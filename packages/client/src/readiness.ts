import type { Platform } from './platform.ts'

/** Callers of `ready()` that wait for the server's first answer. */
export interface Readiness {
  /** Resolves at `settle`, or after a timeout in ms; at once if there is nothing to wait for. */
  wait(timeout: unknown, isSettled: boolean): Promise<void>
  settle(): void
}

const DEFAULT_TIMEOUT_MS = 5_000
/** The longest timer of every platform. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

export function createReadiness({ schedule }: Platform): Readiness {
  const waiting = new Set<() => void>()
  return {
    wait: (timeout, isSettled) =>
      new Promise((resolve) => {
        if (isSettled) return resolve()
        const settle = () => {
          cancel()
          waiting.delete(settle)
          resolve()
        }
        waiting.add(settle)
        const cancel = schedule(timeoutOf(timeout), settle, true)
      }),
    settle() {
      for (const settle of waiting) settle()
    },
  }
}

function timeoutOf(timeout: unknown): number {
  const isUsable = typeof timeout === 'number' && timeout >= 0
  return isUsable ? Math.min(timeout, MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS
}
