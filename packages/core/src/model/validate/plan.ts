import type { Issue } from '../../errors.ts'
import type { ProgressiveRollout } from '../../schema/index.ts'
import { metricsOf } from '../built-in.ts'
import type { ProjectState } from '../state.ts'
import { missingIssues } from './missing.ts'

/** A plan, or its copy in a rollout. */
type PlanMembers = ProgressiveRollout['plan']

/** Returns the keys of the segments that the steps of a plan name. */
export function segmentsOfPlan({ waves }: Pick<PlanMembers, 'waves'>): readonly string[] {
  return waves
    .flatMap(({ steps }) => steps)
    .flatMap(({ audience }) => ('segments' in audience ? audience.segments : []))
}

/** Returns the issues of a plan: names that do not exist, and waves that nothing can reach. */
export function validatePlan(state: ProjectState, plan: PlanMembers): readonly Issue[] {
  return [
    ...missingIssues('waves', 'Segment', {
      keys: segmentsOfPlan(plan),
      existing: state.segments,
    }),
    ...missingIssues('metrics', 'Metric', {
      keys: plan.metrics ?? [],
      existing: metricsOf(state),
    }),
    ...validateWaves(plan),
  ]
}

function validateWaves({ waves }: PlanMembers): readonly Issue[] {
  return waves.flatMap(({ name, instances }, i) => {
    const path = `waves.${i}`
    if (Object.keys(instances).length === 0)
      return [
        {
          path: `${path}.instances`,
          message: `Wave "${name}" selects no instance. Add keys, tags, a percent, or "rest": true.`,
        },
      ]
    if (waves.slice(0, i).some((earlier) => earlier.instances.rest === true))
      return [
        {
          path,
          message: `Wave "${name}" can never select an instance, because an earlier wave selects the rest. Move it before that wave.`,
        },
      ]
    if (waves.slice(0, i).some((earlier) => earlier.name === name))
      return [{ path: `${path}.name`, message: `Two waves have the name "${name}". Rename one.` }]
    return []
  })
}
