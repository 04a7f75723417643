import {
  emptyTally,
  evidenceOfHarm,
  fold,
  judgeTogether,
  type Metric,
  scopeAlpha,
  systemicAlpha,
  type Tally,
} from '@flaghoist/health'
import { type Random, randomOf } from '../../test-support/random.ts'

const MINUTE_MS = 60_000
const SHARE = 0.1
const METRIC: Metric = { key: 'error', kind: 'failure', role: 'guardrail' }

/** Twelve instances of unequal size: exposures of a batch, and failure rates from 0.3 to 3 %. */
const INSTANCES = Array.from({ length: 12 }, (_, i) => ({
  batch: Math.round(400 / (i + 1)),
  rate: 0.003 * 10 ** (i / 11),
}))

/** The part of twelve unequal instances that regress. */
export type Broken = 'none' | 'one' | 'all'

/** Counts over many rollouts to twelve instances. */
export interface InstancesResult {
  /** Part of the rollouts in which a healthy instance was rolled back, alone or with all. */
  readonly falseRollbacks: number
  /** Part in which a broken instance was rolled back alone or with all. */
  readonly detected: number
  readonly systemic: number
  /** Median exposures of the broken instance until its rollback. */
  readonly exposures: number
}

/** Simulates rollouts to twelve instances with one error budget; broken ones fail more often. */
export function simulateInstances(
  broken: Broken,
  { rollouts, looks }: { readonly rollouts: number; readonly looks: number },
): InstancesResult {
  const endings = Array.from({ length: rollouts }, (_, seed) => rollOut(broken, looks, seed))
  const part = (is: (ending: InstancesEnding) => boolean) => endings.filter(is).length / rollouts
  const exposures = endings.map((ending) => ending.exposures).sort((a, b) => a - b)
  return {
    falseRollbacks: part(({ isFalse }) => isFalse),
    detected: part(({ isDetected }) => isDetected),
    systemic: part(({ isSystemic }) => isSystemic),
    exposures: exposures[rollouts >> 1]!,
  }
}

interface InstancesEnding {
  readonly isFalse: boolean
  readonly isDetected: boolean
  readonly isSystemic: boolean
  readonly exposures: number
}

/** The broken instance, if one is: a middling one. */
const BROKEN = 3

function rollOut(broken: Broken, looks: number, seed: number): InstancesEnding {
  const random = randomOf(seed * 104_729 + 3)
  const budget = { scopes: INSTANCES.length }
  const threshold = -Math.log10(scopeAlpha(budget))
  const tallies = INSTANCES.map(() => emptyTally(METRIC))
  let isFalse = false
  for (let look = 0; look < looks; look += 1) {
    for (const [i, tally] of tallies.entries())
      tallies[i] = addBatch(tally, { i, look, isBroken: isBroken(broken, i) }, random)
    const together = judgeTogether(
      METRIC,
      tallies.map(({ process }, i) => ({ scope: String(i), process })),
      { alpha: systemicAlpha(budget), restartsAhead: 0 },
    )
    const regressed = tallies.map((tally) => evidenceOfHarm(tally, 0) >= threshold)
    isFalse ||= regressed.some((is, i) => is && !isBroken(broken, i))
    isFalse ||= together.isRegressed && broken !== 'all'
    const isDetected = broken !== 'none' && (regressed[BROKEN]! || together.isRegressed)
    if (isDetected || together.isRegressed || (isFalse && broken === 'none')) {
      const exposures = (look + 1) * INSTANCES[BROKEN]!.batch
      return { isFalse, isDetected, isSystemic: together.isRegressed, exposures }
    }
  }
  return { isFalse, isDetected: false, isSystemic: false, exposures: Number.POSITIVE_INFINITY }
}

function isBroken(broken: Broken, i: number): boolean {
  return broken === 'all' || (broken === 'one' && i === BROKEN)
}

function addBatch(
  tally: Tally,
  { i, look, isBroken }: { i: number; look: number; isBroken: boolean },
  random: Random,
): Tally {
  const { batch, rate } = INSTANCES[i]!
  const treatment = random.binomial(batch, SHARE)
  const exposed = { treatment, control: batch - treatment }
  const arrived = {
    treatment: random.binomial(treatment, isBroken ? 5 * rate : rate),
    control: random.binomial(exposed.control, rate),
  }
  const minutes = [{ minute: look * MINUTE_MS, exposed, arrived }]
  return fold(tally, [{ revision: 1, share: SHARE, minutes }])
}
