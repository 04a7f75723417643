import type { Platform } from './platform.ts'

/** Thresholds of the circuit breaker that `guard` uses. */
export interface CircuitOptions {
  /**
   * Number of failures within `withinMs` that open the circuit.
   * @default 5
   */
  readonly failures?: number | undefined
  /**
   * Window in which failures are counted, ms.
   * @default 10000
   */
  readonly withinMs?: number | undefined
  /**
   * Time until an open circuit lets one call try the new path again, ms.
   * @default 30000
   */
  readonly openMs?: number | undefined
}

/** Records the end of a trial of a new path. */
export type Trial = (hasWorked: boolean) => void

/** Circuit breakers, one per flag: closed until its new path fails often. */
export interface Circuits {
  /**
   * Starts a trial of the new path; returns undefined while the circuit is open. After its wait,
   * one call may try, and only that call closes the circuit or keeps it open: calls that began
   * before bring no news.
   */
  trial(key: string): Trial | undefined
  /** Returns the flags whose circuit is open. */
  open(): readonly string[]
}

interface OpenCircuit {
  readonly retryAt: number
  /** The one call that may try. */
  readonly trial: Trial | undefined
}

export function createCircuits(
  platform: Pick<Platform, 'elapsed'>,
  { failures = 5, withinMs = 10_000, openMs = 30_000 }: CircuitOptions = {},
): Circuits {
  const recent = new Map<string, readonly number[]>()
  const open = new Map<string, OpenCircuit>()
  const stayOpen = (key: string, trial?: Trial) =>
    open.set(key, { retryAt: platform.elapsed() + openMs, trial })

  const failed = (key: string) => {
    const now = platform.elapsed()
    const times = [...(recent.get(key) ?? []), now].filter((at) => now - at < withinMs)
    recent.set(key, times)
    if (times.length < failures) return
    recent.delete(key)
    stayOpen(key)
  }

  return {
    trial(key) {
      const trial: Trial = (hasWorked) => {
        const circuit = open.get(key)
        if (!circuit) {
          if (!hasWorked) failed(key)
        } else if (circuit.trial === trial) {
          if (hasWorked) open.delete(key)
          else stayOpen(key)
        }
      }
      const circuit = open.get(key)
      if (circuit) {
        if (platform.elapsed() < circuit.retryAt) return undefined
        stayOpen(key, trial)
      }
      return trial
    },
    open: () => [...open.keys()],
  }
}
