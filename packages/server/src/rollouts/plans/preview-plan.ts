import type { ProjectState } from '@flaghoist/core/model'
import type { Wave } from '@flaghoist/core/schema'
import { selectInstances } from '../select-scopes.ts'
import type { PlanPreview } from './schemas.ts'

/** Returns the instances that each wave would have if its rollout started now. */
export function previewPlan(
  { instances }: Pick<ProjectState, 'instances'>,
  waves: readonly Pick<Wave, 'instances'>[],
): PlanPreview {
  const selected = selectInstances({ instances }, waves)
  const taken = new Set(selected.flatMap(({ keys }) => keys))
  const isLeft = ({ key, status }: { key: string; status: string }) =>
    status !== 'retired' && !taken.has(key)
  return {
    waves: selected.map(({ keys, isEmpty }) => ({ instances: keys.toSorted(), isEmpty })),
    others: [...instances.values()]
      .filter(isLeft)
      .map(({ key }) => key)
      .sort(),
  }
}
