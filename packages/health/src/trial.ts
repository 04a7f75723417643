import type { Pair } from './metric.ts'

/** Units of both arms, and those of them that had the event. */
export interface Trial {
  readonly units: Pair
  readonly events: Pair
}

export const EMPTY_TRIAL: Trial = { units: [0, 0], events: [0, 0] }

export function addTrials(a: Trial, b: Trial): Trial {
  return { units: addPairs(a.units, b.units), events: addPairs(a.events, b.events) }
}

export function addPairs([a1, a0]: Pair, [b1, b0]: Pair): Pair {
  return [a1 + b1, a0 + b0]
}

/** Units of both arms. */
export function sizeOf({ units }: Trial): number {
  return units[0] + units[1]
}

/** A trial with the arms exchanged. */
export function exchanged({ units, events }: Trial): Trial {
  return { units: [units[1], units[0]], events: [events[1], events[0]] }
}
