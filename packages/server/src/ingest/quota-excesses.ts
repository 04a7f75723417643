import { type Clocks, DAY_MS, MINUTE_MS } from '../time.ts'

/** Events of a key and flag that were dropped because they exceeded the quota. */
export interface QuotaExcess {
  readonly keyId: string
  readonly flag: string
  /** Dropped events as the quota counts them: units, or else thousands of calls. */
  readonly dropped: number
  /** Time of the latest drop, epoch ms. */
  readonly at: number
}

const KEPT_MS = DAY_MS
/** Keys and flags that are remembered: more of them would tell nothing new. */
const MAX_EXCESSES = 1_000

/** The excesses of the last 24 hours. @param onExceeded called once per minute and key */
export function createQuotaExcesses(
  { now, elapsed }: Clocks,
  onExceeded: (excess: QuotaExcess) => void,
) {
  /** The latest last. */
  const excesses = new Map<string, { readonly excess: QuotaExcess; readonly since: number }>()
  /** Minute of the last call of `onExceeded`, by key. */
  const announced = new Map<string, number>()
  const forgetOld = () => {
    for (const [name, { since }] of excesses) {
      if (elapsed() - since <= KEPT_MS) return
      excesses.delete(name)
    }
  }

  return {
    add(keyId: string, { flag, events }: { readonly flag: string; readonly events: number }): void {
      const name = `${keyId} ${flag}`
      forgetOld()
      const known = excesses.get(name)?.excess
      if (known === undefined && excesses.size >= MAX_EXCESSES) return
      const excess = { keyId, flag, dropped: (known?.dropped ?? 0) + events, at: now() }
      excesses.delete(name)
      excesses.set(name, { excess, since: elapsed() })
      const minute = Math.floor(elapsed() / MINUTE_MS)
      if (announced.get(keyId) === minute) return
      announced.set(keyId, minute)
      onExceeded(excess)
    },
    list(isShown: (keyId: string) => boolean): readonly QuotaExcess[] {
      forgetOld()
      return [...excesses.values()]
        .filter(({ excess }) => isShown(excess.keyId))
        .map(({ excess }) => excess)
        .reverse()
    },
  }
}
