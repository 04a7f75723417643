import { type Arms, addArms, NOBODY } from './counts.ts'
import { bucketMiddle, bucketOfQuantile } from './histogram.ts'
import type { Tally } from './tally.ts'
import type { Quantiles } from './verdict.ts'

interface Totals {
  readonly units: Arms
  readonly events: Arms
}

/** Units and events of all epochs. */
export function totalsOf({ epochs }: Pick<Tally, 'epochs'>): Totals {
  return {
    units: epochs.reduce((sum, { units }) => addArms(sum, units), NOBODY),
    events: epochs.reduce((sum, { events }) => addArms(sum, events), NOBODY),
  }
}

/**
 * Returns the rate of the treatment, and the rate that the control would have with as many units in
 * each epoch as the treatment (direct standardisation), so that pooling epochs distorts nothing.
 */
export function standardisedRates({ epochs }: Tally): Arms {
  const compared = epochs.filter(({ units }) => units.control > 0 && units.treatment > 0)
  let [treated, events, expected] = [0, 0, 0]
  for (const epoch of compared) {
    treated += epoch.units.treatment
    events += epoch.events.treatment
    expected += (epoch.events.control / epoch.units.control) * epoch.units.treatment
  }
  if (treated > 0) return { control: expected / treated, treatment: events / treated }
  const { units, events: all } = totalsOf({ epochs })
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
