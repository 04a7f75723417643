import type { AlignedMinute } from './aligned-minutes.ts'
import { closeBlock, NO_BLOCKS, withTrial } from './blocks.ts'
import { DIFFERENCES } from './bounds.ts'
import type { Effect, EffectPoint } from './effect.ts'
import { pathAgainstDifference } from './kernels/clearance.ts'
import { addTrials, EMPTY_TRIAL, exchanged, type Trial } from './trial.ts'

/** Steps of the near grid per standard error, and its reach in standard errors. */
const NEAR_STEPS = 8
const NEAR_REACH = 6

/** Blocks of units, and the last minute of each. */
interface DatedBlocks {
  readonly blocks: readonly Trial[]
  readonly minutes: readonly number[]
}

/**
 * Returns the difference of shares with a confidence sequence: at each time, the differences that
 * no bet has ruled out so far, on a grid that is finer around the observed difference.
 *
 * Source: inversion of e-processes, R. Turner and P. Grünwald, "Exact anytime-valid confidence
 * intervals for contingency tables and beyond", 2022.
 */
export function rateEffect(
  runs: readonly (readonly AlignedMinute[])[],
  alpha: number,
): Omit<Effect, 'baseline' | 'variant'> {
  const { blocks, minutes } = datedBlocks(runs)
  const highs = runningBounds(blocks, alpha / 2)
  const lows = runningBounds(blocks.map(exchanged), alpha / 2)
  const series = minutes.map((minute, k): EffectPoint => {
    const [low, high] = [lows[k], highs[k]]
    return {
      minute,
      ...(low !== undefined && { low: 0 - low }),
      ...(high !== undefined && { high }),
    }
  })
  const { units, events } = blocks.reduce(addTrials, EMPTY_TRIAL)
  const { minute: _, ...interval } = series.at(-1) ?? { minute: 0 }
  return {
    scale: 'difference',
    ...(units[0] > 0 && units[1] > 0 && { estimate: events[0] / units[0] - events[1] / units[1] }),
    interval,
    series,
  }
}

/** A block never spans two runs, whose shares may differ. */
function datedBlocks(runs: readonly (readonly AlignedMinute[])[]): DatedBlocks {
  let blocks = NO_BLOCKS
  const minutes: number[] = []
  const add = (next: typeof blocks, minute: number | undefined) => {
    if (next.closed.length > blocks.closed.length) minutes.push(minute!)
    blocks = next
  }
  for (const run of runs) {
    for (const { minute, baseline, other } of run)
      add(
        withTrial(blocks, {
          units: [other.exposed, baseline.exposed],
          events: [other.matured ?? 0, baseline.matured ?? 0],
        }),
        minute,
      )
    add(closeBlock(blocks), run.at(-1)?.minute)
  }
  return { blocks: blocks.closed, minutes }
}

/**
 * Differences around the observed one, an eighth of a standard error apart. A grid may follow the
 * data: the only way to miss the true difference is to rule it out itself.
 */
function nearDifferences(blocks: readonly Trial[]): readonly number[] {
  const { units, events } = blocks.reduce(addTrials, EMPTY_TRIAL)
  if (units[0] === 0 || units[1] === 0) return []
  const rates = [events[0] / units[0], events[1] / units[1]] as const
  const variance = (arm: 0 | 1) => (rates[arm] * (1 - rates[arm])) / units[arm]
  const step = Math.sqrt(variance(0) + variance(1)) / NEAR_STEPS
  return Array.from(
    { length: 2 * NEAR_REACH * NEAR_STEPS + 1 },
    (_, i) => rates[0] - rates[1] + (i - NEAR_REACH * NEAR_STEPS) * step,
  ).filter((difference) => Math.abs(difference) < 1)
}

/** The least difference that is ruled out after each block, or in a block before. */
function runningBounds(blocks: readonly Trial[], alpha: number): readonly (number | undefined)[] {
  const bounds: (number | undefined)[] = blocks.map(() => undefined)
  const enough = -Math.log(alpha)
  const differences = [...DIFFERENCES, ...nearDifferences(blocks)].sort((a, b) => b - a)
  for (const difference of differences) {
    const first = pathAgainstDifference(blocks, difference).findIndex((log) => log >= enough)
    // A larger difference than one that is ruled out is ruled out as well.
    if (first >= 0) bounds.fill(difference, first)
  }
  return bounds
}
