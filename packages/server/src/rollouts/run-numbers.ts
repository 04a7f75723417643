import type { RolloutRun } from '@flaghoist/core/schema'
import type { Observation } from './observation.ts'
import type { RunNumbers } from './run-schemas.ts'

interface Arms {
  readonly control: number
  readonly treatment: number
}

/** The members of stored evidence that are shown. An older server may have left some out. */
interface StoredEvidence {
  readonly metric?: string
  readonly units?: Arms
  readonly events?: Arms
  readonly comparison?: { readonly log10: number; readonly threshold: number | null }
}

/**
 * Returns the numbers behind the verdict on a run: those of now, or those that its last transition
 * was decided by. Undefined if no metric decided, or without users.
 */
export function numbersOf(
  { evidence }: Pick<RolloutRun, 'evidence'>,
  { verdict }: Pick<Observation, 'verdict'>,
): RunNumbers | undefined {
  const { metric, units, events, comparison } = (verdict?.evidence ??
    evidence ??
    {}) as StoredEvidence
  if (metric === undefined || !units || !events || !comparison) return undefined
  if (units.control + units.treatment === 0) return undefined
  return {
    metric,
    units,
    events,
    rates: {
      control: rateOf(events.control, units.control),
      treatment: rateOf(events.treatment, units.treatment),
    },
    evidence: comparison,
  }
}

function rateOf(events: number, units: number): number {
  return units === 0 ? 0 : events / units
}
