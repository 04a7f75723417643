import { alignedMinutes } from './aligned-minutes.ts'
import { allBlocks, NO_BLOCKS, withTrial } from './blocks.ts'
import { DIFFERENCES } from './bounds.ts'
import type { Effect, EffectPoint, VariantMinute } from './effect.ts'
import { pathAgainstDifference } from './kernels/clearance.ts'
import { addTrials, EMPTY_TRIAL, exchanged, type Trial } from './trial.ts'

/** Blocks of units, and the last minute of each. */
interface DatedBlocks {
  readonly blocks: readonly Trial[]
  readonly minutes: readonly number[]
}

/**
 * Returns the difference of shares with a confidence sequence: at each time, the differences that
 * no bet has ruled out so far, on a grid with 15 steps a decade.
 *
 * Source: inversion of e-processes, R. Turner and P. Grünwald, "Exact anytime-valid confidence
 * intervals for contingency tables and beyond", 2022.
 */
export function rateEffect(
  baseline: readonly VariantMinute[],
  other: readonly VariantMinute[],
  alpha: number,
): Omit<Effect, 'baseline' | 'variant'> {
  const { blocks, minutes } = datedBlocks(baseline, other)
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

function datedBlocks(
  baseline: readonly VariantMinute[],
  other: readonly VariantMinute[],
): DatedBlocks {
  let blocks = NO_BLOCKS
  const minutes: number[] = []
  const aligned = alignedMinutes(baseline, other)
  for (const { minute, baseline: old, other: next } of aligned) {
    const closed = blocks.closed.length
    blocks = withTrial(blocks, {
      units: [next.exposed, old.exposed],
      events: [next.matured ?? 0, old.matured ?? 0],
    })
    if (blocks.closed.length > closed) minutes.push(minute)
  }
  const all = allBlocks(blocks)
  if (all.length > minutes.length) minutes.push(aligned.at(-1)!.minute)
  return { blocks: all, minutes }
}

/** The least difference that is ruled out after each block, or in a block before. */
function runningBounds(blocks: readonly Trial[], alpha: number): readonly (number | undefined)[] {
  const bounds: (number | undefined)[] = blocks.map(() => undefined)
  const enough = -Math.log(alpha)
  for (const difference of [...DIFFERENCES].reverse()) {
    const first = pathAgainstDifference(blocks, difference).findIndex((log) => log >= enough)
    // A larger difference than one that is ruled out is ruled out as well.
    if (first >= 0) bounds.fill(difference, first)
  }
  return bounds
}
