import type { ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { usersByScope } from '../../flags/risk/users-by-scope.ts'
import type { EventStore } from '../../stores/event-store.ts'
import { type DecisionInput, viewOf } from '../advance-rollout.ts'
import { forecastOf } from './forecast.ts'
import type { Forecast } from './schemas.ts'

/** A rollout in a state, which may be that of a preview. */
export interface ForecastTarget {
  readonly project: string
  readonly state: ProjectState
  readonly rollout: ProgressiveRollout
  readonly input: DecisionInput
}

/** Reads the users of a rollout and forecasts its times; undefined once it has ended. */
export async function readForecast(
  events: Pick<EventStore, 'exposures'>,
  { project, state, rollout, input }: ForecastTarget,
): Promise<Forecast | undefined> {
  if (rollout.endedAt !== undefined) return undefined
  const users = await usersByScope(events, project, rollout.environment, input.now)
  return forecastOf({ ...viewOf(state, rollout, input), state, users })
}
