import type { ProjectState } from '@flaghoist/core/model'
import type { Services } from '../services.ts'
import { findRollout, type RolloutTarget } from './find-rollout.ts'
import { readForecast } from './forecast/read-forecast.ts'
import { shownRollout } from './rollout-view.ts'
import type { ShownRollout } from './schemas.ts'

interface Planned extends RolloutTarget {
  /** State that a preview of the start has returned. */
  readonly state: ProjectState
}

/** Shows a rollout as it would start, with its earliest times. */
export async function plannedRollout(
  { projects, rollouts, stores }: Pick<Services, 'projects' | 'rollouts' | 'stores'>,
  { project, key, state }: Planned,
): Promise<ShownRollout> {
  const rollout = findRollout(state, key)
  const input = await rollouts.inputOf(projects.get(project), rollout)
  const forecast = await readForecast(stores.events, { project, state, rollout, input })
  return { ...shownRollout(state, rollout, input, undefined), ...(forecast && { forecast }) }
}
