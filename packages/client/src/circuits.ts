import type { Platform } from './platform.ts'

/** When a new path that fails is left alone. */
export interface CircuitOptions {
  /**
   * So many failures …
   * @default 5
   */
  readonly failures?: number | undefined
  /**
   * … within so many ms open the circuit: the old path answers at once.
   * @default 10000
   */
  readonly withinMs?: number | undefined
  /**
   * After so many ms, one call tries the new path again.
   * @default 30000
   */
  readonly openMs?: number | undefined
}

/** Tells how a try of a new path ended. */
export type Trial = (hasWorked: boolean) => void

/** Circuit breakers, one for each flag: closed until its new path fails often. */
export interface Circuits {
  /**
   * A try of the new path; undefined where it is to be left alone. Once an open circuit has waited, one call may try, and only that one closes
   * it or keeps it open: what began before says nothing new.
   */
  trial(key: string): Trial | undefined
  /** Flags whose circuit is open. */
  open(): readonly string[]
}

interface OpenCircuit {
  readonly retryAt: number
  /** The one call that tries. */
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
        if (circuit === undefined) {
          if (!hasWorked) failed(key)
        } else if (circuit.trial === trial) {
          if (hasWorked) open.delete(key)
          else stayOpen(key)
        }
      }
      const circuit = open.get(key)
      if (circuit !== undefined) {
        if (platform.elapsed() < circuit.retryAt) return undefined
        stayOpen(key, trial)
      }
      return trial
    },
    open: () => [...open.keys()],
  }
}
