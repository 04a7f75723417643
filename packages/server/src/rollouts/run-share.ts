import { BUCKETS } from '@flaghoist/core'
import { isRestored } from '@flaghoist/core/model'
import type { RolloutRun } from '@flaghoist/core/schema'

/** Returns the share of the users of a scope that have the new variant by chance now, in %. */
export function shareOfRun(run: Pick<RolloutRun, 'state' | 'written'>): number {
  if (run.state === 'done') return 100
  return isRestored(run) ? 0 : (100 * (run.written?.rollout?.share ?? 0)) / BUCKETS
}
