import type { ProgressiveRollout } from '@flaghoist/core/schema'
import type { LiveProject } from '../projects/projects.ts'
import type { Services } from '../services.ts'
import { readForecast } from './forecast/read-forecast.ts'
import { proposeRemoval } from './removal.ts'
import { shownRollout } from './rollout-view.ts'
import type { ShownRollout } from './schemas.ts'

/** Shows a rollout with all of its runs, the times of the rest, and what to do at its end. */
export async function readRollout(
  { rollouts, stores, now }: Pick<Services, 'rollouts' | 'stores' | 'now'>,
  live: LiveProject,
  rollout: ProgressiveRollout,
): Promise<ShownRollout> {
  const { key: project, state } = live
  const input = await rollouts.inputOf(live, rollout)
  const shown = shownRollout(state, rollout, input, undefined)
  const removal = await proposeRemoval(stores.events, live, rollout, now())
  const forecast = await readForecast(stores.events, { project, state, rollout, input })
  return { ...shown, ...(forecast && { forecast }), ...(removal && { removal }) }
}
