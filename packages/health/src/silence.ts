import { bothArms } from './counts.ts'
import { totalsOf } from './rates.ts'
import type { Tally } from './tally.ts'

/** Units below which a rate says nothing. */
const MIN_UNITS = 50
/** Part of the usual rate below which reports have stopped. */
const HALF = 0.5

/**
 * Checks that units of both arms have stopped reporting, as when the network or a collector fails:
 * in the recent minutes, fewer than half of the usual part reported. For absences only.
 */
export function haveBothArmsStopped(findings: {
  readonly tally: Tally
  readonly now: Tally
}): boolean {
  const { tally, now } = findings
  if (now.metric.kind !== 'absence') return false
  const [before, all] = [totalsOf(tally), totalsOf(now)]
  const hasStopped = (arm: 'control' | 'treatment') => {
    const units = all.units[arm] - before.units[arm]
    const absent = all.events[arm] - before.events[arm]
    if (units === 0 || before.units[arm] === 0) return false
    return 1 - absent / units < HALF * (1 - before.events[arm] / before.units[arm])
  }
  const recentUnits = bothArms(all.units) - bothArms(before.units)
  return recentUnits >= MIN_UNITS && hasStopped('control') && hasStopped('treatment')
}
