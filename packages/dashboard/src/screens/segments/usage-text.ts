import { listed } from '../../parts/format.ts'
import type { SegmentUsage } from './segment-requests.ts'

/** Returns the flags, plans and rollouts that name a segment; empty for none. */
export function usedBy(usage: SegmentUsage): string {
  return [listed(usage.flags.map(({ key }) => key)), usedByOthers(usage)].filter(Boolean).join(', ')
}

/** Returns the plans and rollouts that name a segment; empty for none. */
export function usedByOthers({ plans, rollouts }: SegmentUsage): string {
  const parts = [
    plans.length > 0 && `plan ${listed(plans)}`,
    rollouts.length > 0 && `rollout ${listed(rollouts)}`,
  ]
  return parts.filter((part) => part).join(', ')
}
