import type { Arm } from '@flaghoist/core'
import { bucketOfIdentifier } from '@flaghoist/core/internal'
import type { Allocation } from '@flaghoist/core/model'

/**
 * Returns the units that can be in the arm that they were reported in. The hash of a unit has its
 * bucket, and the share of the allocation divides the buckets. A unit on the other side was
 * bucketed by other rules or made up; one of them would count in an arm that never served it.
 */
export function unitsOfArm(
  units: readonly string[],
  arm: Arm | undefined,
  { draws: { rollout } }: Allocation,
): readonly string[] {
  if (arm === undefined || rollout === undefined) return units
  const isTreated = arm === 'treatment'
  return units.filter((unit) => bucketOfIdentifier(unit) < rollout.share === isTreated)
}
