import { randomUUID } from 'node:crypto'
import type { Arm } from '@flaghoist/core'
import { startOfMinute } from '../../packages/server/src/time.ts'

/** Units of both arms, and how many of them fail. */
export interface Traffic {
  readonly units: Readonly<Record<Arm, number>>
  readonly failing: Readonly<Record<Arm, number>>
}

/** The first minutes of an instance whose new path fails for one user of five. */
export const REGRESSION: Traffic = {
  units: { control: 1_800, treatment: 200 },
  failing: { control: 18, treatment: 40 },
}

/** A second of an instance whose paths fail alike. */
export const HEALTHY: Traffic = {
  units: { control: 27, treatment: 3 },
  failing: { control: 0, treatment: 0 },
}

const ARMS: readonly Arm[] = ['control', 'treatment']
const VARIANTS: Readonly<Record<Arm, string>> = { control: 'off', treatment: 'on' }
const SHARE = 0.1

/** The configuration of a flag that a shop serves. */
export interface Served {
  readonly flag: string
  readonly revision: number
}

/** Returns the body of a report about a flag of a rollout that serves 10 % of all units. */
export function makeReport(served: Served, traffic: Traffic): string {
  const minute = startOfMinute(Date.now())
  const parts = ARMS.map((arm) => {
    const cell = { ...served, minute, arm, variant: VARIANTS[arm] }
    const units = Array.from({ length: traffic.units[arm] }, () => unitOf(arm))
    return {
      exposure: { ...cell, reason: 'SPLIT', count: units.length, units },
      outcomes: [
        { ...cell, metric: 'error', units: units.slice(0, traffic.failing[arm]) },
        // SDKs report every user some seconds after its first exposure.
        { ...cell, metric: 'alive', units },
      ],
    }
  })
  return JSON.stringify({
    sdk: { id: 'bench', name: 'bench/1' },
    batch: {
      id: randomUUID(),
      exposures: parts.map(({ exposure }) => exposure),
      outcomes: parts.flatMap(({ outcomes }) => outcomes).filter(({ units }) => units.length > 0),
    },
  })
}

/** Draws the hash of a unit in an arm: its first half decides the bucket. */
function unitOf(arm: Arm): string {
  const bucket = arm === 'treatment' ? Math.random() * SHARE : SHARE + Math.random() * (1 - SHARE)
  return hex8(bucket * 2 ** 32) + hex8(Math.random() * 2 ** 32)
}

function hex8(value: number): string {
  return Math.floor(value).toString(16).padStart(8, '0')
}
