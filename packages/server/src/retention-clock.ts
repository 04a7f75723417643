import { type Clocks, DAY_MS } from './time.ts'

/** Time for which the wall clock must stay ahead before data is deleted by it. */
const DOUBTED_MS = DAY_MS
/** Step of the wall clock between two readings that is taken for a correction. */
const MAX_STEP_MS = 60 * 60 * 1_000

/**
 * Creates a wall clock for deleting old data, epoch ms. It follows a large jump forward only after
 * a day, because data that a wrong clock deletes cannot be restored.
 */
export function createRetentionClock({ now, elapsed }: Clocks): () => number {
  const leadOfWall = () => now() - elapsed()
  let lead = leadOfWall()
  let doubtedSince: number | undefined

  return () => {
    const current = leadOfWall()
    if (current > lead + MAX_STEP_MS) {
      doubtedSince ??= elapsed()
      if (elapsed() - doubtedSince < DOUBTED_MS) return lead + elapsed()
    }
    lead = current
    doubtedSince = undefined
    return lead + elapsed()
  }
}
