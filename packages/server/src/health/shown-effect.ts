import type { Effect as ComparedEffect } from '@flaghoist/health'
import type { Effect } from './schemas.ts'

/** Shows an effect with its interval as members. */
export function shownEffect({ interval, series, ...effect }: ComparedEffect): Effect {
  return { ...effect, ...interval, series: [...series] }
}
