import { BUILT_IN_PLANS, type ProjectState } from '@flaghoist/core/model'
import { originOf } from '../../resources/origin.ts'

/** Returns the origin of a plan that the project has. */
export const originOfPlan = ({ plans }: Pick<ProjectState, 'plans'>, key: string) =>
  originOf(key, { builtIn: BUILT_IN_PLANS, stored: plans })

/** Returns the origin of a plan and the rollouts that follow it, for a key of the whole project. */
export function useOfPlan(state: ProjectState, key: string) {
  const all = [...state.rollouts.values()].filter(({ plan }) => plan.key === key)
  const lastUsedAt = all
    .map(({ startedAt }) => startedAt)
    .sort()
    .at(-1)
  return {
    origin: originOfPlan(state, key),
    rollouts: all.filter(({ endedAt }) => endedAt === undefined).map((rollout) => rollout.key),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  }
}
