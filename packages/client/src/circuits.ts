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

/** Circuit breakers, one for each flag: closed until its new path fails often. */
export interface Circuits {
  /** Whether the new path may be tried. After an open circuit has waited, one call may. */
  allows(key: string): boolean
  succeeded(key: string): void
  failed(key: string): void
  /** Flags whose circuit is open. */
  open(): readonly string[]
}

export function createCircuits(
  elapsed: () => number,
  { failures = 5, withinMs = 10_000, openMs = 30_000 }: CircuitOptions = {},
): Circuits {
  const recent = new Map<string, readonly number[]>()
  const retryAt = new Map<string, number>()

  return {
    allows(key) {
      const at = retryAt.get(key)
      if (at === undefined) return true
      if (elapsed() < at) return false
      retryAt.set(key, elapsed() + openMs)
      return true
    },
    succeeded(key) {
      if (retryAt.delete(key)) recent.delete(key)
    },
    failed(key) {
      const now = elapsed()
      const times = [...(recent.get(key) ?? []), now].filter((at) => now - at < withinMs)
      recent.set(key, times.slice(-failures))
      if (times.length >= failures || retryAt.has(key)) retryAt.set(key, now + openMs)
    },
    open: () => [...retryAt.keys()],
  }
}
