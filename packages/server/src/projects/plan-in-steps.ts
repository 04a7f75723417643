import type { ProjectState } from '@flaghoist/core/model'
import type { PlanSteps, Write } from './projects.ts'

/** Plans the edits of a write in small steps. A plan that is short has none. */
export function* planInSteps(write: Pick<Write, 'plan'>, state: ProjectState): PlanSteps {
  const plan = write.plan(state)
  return 'next' in plan ? yield* plan : plan
}
