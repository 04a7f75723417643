import { runAtOnce } from '@flaghoist/core/internal'
import type { ProjectState } from '@flaghoist/core/model'
import type { PlanSteps, Write } from './projects.ts'

/** Returns the members of a write that plan its edits, for a plan that may be long. */
export function steppedPlan(
  planInSteps: (state: ProjectState) => PlanSteps,
): Pick<Write, 'plan' | 'planInSteps'> {
  return { planInSteps, plan: (state) => runAtOnce(planInSteps(state)) }
}
