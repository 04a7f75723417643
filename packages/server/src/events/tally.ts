import type { Arm, Ruleset } from '@flaghoist/core'
import type { ExposureCount } from '../store/store.ts'

const MINUTE_MS = 60_000
/** A clock that is off by more than this is put right. */
const CLOCK_SKEW_MS = 10 * MINUTE_MS
const TOO_OLD_MS = 24 * 60 * MINUTE_MS

export interface ReportedCount {
  readonly flag: string
  readonly variant: string
  readonly arm?: Arm | undefined
  readonly minute: number
  readonly count: number
}

/**
 * What of a report can be counted: flags and variants that the reporter's ruleset has, in minutes that can be. One
 * bad item never loses the others.
 */
export function tally(
  reported: readonly ReportedCount[],
  ruleset: Ruleset,
  now: number,
): { counts: ExposureCount[]; dropped: number } {
  const counts = reported
    .filter(({ flag, variant, minute }) => {
      const known = Object.hasOwn(ruleset.flags, flag) ? ruleset.flags[flag] : undefined
      return (
        known !== undefined && Object.hasOwn(known.variants, variant) && minute > now - TOO_OLD_MS
      )
    })
    .map(({ flag, variant, arm = '' as const, minute, count }) => {
      const latest = Math.min(minute, now + CLOCK_SKEW_MS)
      return {
        flag,
        variant,
        arm,
        scope: ruleset.scope,
        minute: latest - (latest % MINUTE_MS),
        count,
      }
    })
  return { counts, dropped: reported.length - counts.length }
}
