import { type Arms, addArms, NOBODY } from './counts.ts'
import { bucketMiddle, bucketOfQuantile } from './histogram.ts'
import type { Tally } from './tally.ts'
import type { Quantiles } from './verdict.ts'

interface Totals {
  readonly units: Arms
  readonly events: Arms
}

/** Units and events of all allocations. */
export function totalsOf({ allocations }: Pick<Tally, 'allocations'>): Totals {
  return {
    units: allocations.reduce((sum, { units }) => addArms(sum, units), NOBODY),
    events: allocations.reduce((sum, { events }) => addArms(sum, events), NOBODY),
  }
}

/**
 * Returns the rate of the treatment, and the rate that the control would have with as many units in
 * each allocation as the treatment (direct standardisation), so that pooling allocations distorts
 * nothing.
 */
export function standardisedRates({ allocations }: Tally): Arms {
  const compared = allocations.filter(({ units }) => units.control > 0 && units.treatment > 0)
  let [treated, events, expected] = [0, 0, 0]
  for (const allocation of compared) {
    treated += allocation.units.treatment
    events += allocation.events.treatment
    expected += (allocation.events.control / allocation.units.control) * allocation.units.treatment
  }
  if (treated > 0) return { control: expected / treated, treatment: events / treated }
  const { units, events: all } = totalsOf({ allocations })
  const rate = (arm: keyof Arms) => all[arm] / Math.max(1, units[arm])
  return { control: rate('control'), treatment: rate('treatment') }
}

/** Quantiles of both arms, to 5 %. */
export function quantilesOf({ measured }: Tally): Quantiles {
  const at = (share: number): Arms => ({
    control: bucketMiddle(bucketOfQuantile(measured.control, share)),
    treatment: bucketMiddle(bucketOfQuantile(measured.treatment, share)),
  })
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}
