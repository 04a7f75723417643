import { MINUTE_MS } from '../time.ts'

/** Events of a key and flag that were dropped because they exceeded the quota. */
export interface QuotaExcess {
  readonly keyId: string
  readonly flag: string
  /** Number of dropped exposures and outcomes since this process started. */
  readonly dropped: number
  /** Time of the latest drop, epoch ms. */
  readonly at: number
}

const KEPT_MS = 24 * 60 * MINUTE_MS
/** Keys and flags that are remembered: more of them would tell nothing new. */
const MAX_EXCESSES = 1_000

/** The excesses of the last 24 hours. @param onExceeded called once per minute and key */
export function createQuotaExcesses(now: () => number, onExceeded: (excess: QuotaExcess) => void) {
  const excesses = new Map<string, QuotaExcess>()
  /** Minute of the last call of `onExceeded`, by key. */
  const announced = new Map<string, number>()

  return {
    add(keyId: string, { flag, events }: { readonly flag: string; readonly events: number }): void {
      const at = now()
      const name = `${keyId} ${flag}`
      const known = excesses.get(name)
      if (known === undefined && excesses.size >= MAX_EXCESSES) return
      const excess = { keyId, flag, dropped: (known?.dropped ?? 0) + events, at }
      excesses.set(name, excess)
      const minute = at - (at % MINUTE_MS)
      if (announced.get(keyId) === minute) return
      announced.set(keyId, minute)
      onExceeded(excess)
    },
    list(isShown: (keyId: string) => boolean): readonly QuotaExcess[] {
      for (const [name, { at }] of excesses) if (at < now() - KEPT_MS) excesses.delete(name)
      return [...excesses.values()]
        .filter(({ keyId }) => isShown(keyId))
        .sort((a, b) => b.at - a.at)
    },
  }
}
