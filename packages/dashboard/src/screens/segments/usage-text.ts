import { listed } from '../../parts/format.ts'
import type { SegmentUsage } from './segment-requests.ts'

/** Returns the flags, plans and rollouts that name a segment; empty for none. */
export function usedBy({ flags, plans, rollouts }: SegmentUsage): string {
  const parts = [
    listed(flags.map(({ key }) => key)),
    plans.length > 0 && `plan ${listed(plans)}`,
    rollouts.length > 0 && `rollout ${listed(rollouts)}`,
  ]
  return parts.filter((part) => part).join(', ')
}
