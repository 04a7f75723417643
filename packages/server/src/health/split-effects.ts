import type { Split } from '@flaghoist/core'
import { metricsOf, type ProjectState } from '@flaghoist/core/model'
import { compareVariants, type VariantCounts } from '@flaghoist/health'
import { getOrSet } from '../get-or-set.ts'
import { MATURITY_MS, type SeriesMinute } from '../stores/event-store.ts'
import { MINUTE_MS } from '../time.ts'
import type { AttemptCounts } from './read-counts.ts'
import type { FlagHealth } from './schemas.ts'
import { shownEffect } from './shown-effect.ts'

/**
 * Compares the variants of each split, each with the first, by every metric that has arrived.
 *
 * @param now epoch ms
 */
export function splitEffects(
  state: ProjectState,
  { rows, allocations }: AttemptCounts,
  now: number,
): FlagHealth['effects'] {
  const allocation = allocations.at(-1)
  const { draws: { splits = [] } = {} } = allocation ?? {}
  // Ranges that change give the minutes before them other shares.
  const revision = allocation?.start
  const end = now - MINUTE_MS - MATURITY_MS
  const finished = rows.filter((row) => row.revision === revision && row.minute <= end)
  return splits.flatMap(([place, split]) => {
    // Units whose split is unknown can only be those of a single split.
    const isOfSplit = (row: SeriesMinute) =>
      row.split === place || (row.split === '' && splits.length === 1)
    const effects = effectsOfSplit(state, split, finished.filter(isOfSplit))
    return effects.map((effect) => ({ split: place, ...effect }))
  })
}

function effectsOfSplit(state: ProjectState, split: Split, rows: readonly SeriesMinute[]) {
  const variants = [...new Set(split.ranges.map(([, , variant]) => variant))]
  const metrics = metricsOf(state)
  const reported = new Set(rows.flatMap(({ outcomes }) => outcomes.map((one) => one.metric)))
  return [...reported].flatMap((metric) => {
    const kind = metrics.get(metric)?.kind ?? 'failure'
    const counts = variants.map((variant) => countsOf(rows, variant, metric))
    const scale = kind === 'measurement' ? 'measurement' : 'rate'
    return compareVariants(counts, scale).map((effect) => ({ metric, ...shownEffect(effect) }))
  })
}

function countsOf(rows: readonly SeriesMinute[], variant: string, metric: string): VariantCounts {
  const minutes = new Map<number, { minute: number; exposed: number; matured: number }>()
  const measured = new Map<number, SeriesMinute['outcomes'][number]['histogram']>()
  for (const row of rows) {
    if (row.variant !== variant) continue
    const { minute } = row
    const sum = getOrSet(minutes, minute, () => ({ minute, exposed: 0, matured: 0 }))
    sum.exposed += row.exposed
    const outcomes = row.outcomes.find((one) => one.metric === metric)
    sum.matured += outcomes?.matured ?? 0
    if (outcomes) measured.set(minute, outcomes.histogram)
  }
  return {
    variant,
    minutes: [...minutes.values()].map((counts) => ({
      ...counts,
      measured: measured.get(counts.minute) ?? [],
    })),
  }
}
