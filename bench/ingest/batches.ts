import { randomUUID } from 'node:crypto'
import { startOfMinute } from '../../packages/server/src/time.ts'

/** The content of a batch: 100 items or units of one kind. */
export type Kind = 'counts' | 'units' | 'outcomes'

export const KINDS: Readonly<Record<Kind, string>> = {
  counts: 'exposures of 100 flags per batch',
  units: '100 new users of a rollout per batch',
  outcomes: '100 first outcomes of new users per batch',
}
export const EVENTS_PER_BATCH = 100
export const FLAGS = Array.from({ length: 100 }, (_, i) => `flag-${i}`)

let units = 0
/** Returns the hash of a new user, spread over all 64 bits. */
function nextUnit(): string {
  units += 1
  const high = Math.imul(units, 0x9e3779b1) >>> 0
  return high.toString(16).padStart(8, '0') + units.toString(16).padStart(8, '0')
}

/** The body of one report. */
export function makeBody(kind: Kind, revision: number): string {
  const minute = startOfMinute(Date.now())
  const cell = { variant: 'on', revision, minute }
  const compared = { flag: FLAGS[0], ...cell, arm: 'treatment' }
  const newcomers = () => Array.from({ length: EVENTS_PER_BATCH }, nextUnit)
  const batch = {
    counts: () => ({
      exposures: FLAGS.map((flag) => ({ flag, ...cell, reason: 'STATIC', count: 1 })),
    }),
    units: () => ({
      exposures: [{ ...compared, reason: 'SPLIT', count: EVENTS_PER_BATCH, units: newcomers() }],
    }),
    outcomes: () => ({ outcomes: [{ ...compared, metric: 'error', units: newcomers() }] }),
  }[kind]()
  return JSON.stringify({
    sdk: { id: 'bench', name: 'bench/1' },
    batch: { id: randomUUID(), ...batch },
  })
}
