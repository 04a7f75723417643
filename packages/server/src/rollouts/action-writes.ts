import type { Write } from '../projects/projects.ts'
import type { RolloutAction } from './action-names.ts'
import { type ActionOrigin, actOnRuns } from './actions.ts'
import type { RolloutTarget } from './find-rollout.ts'
import { pauseRollout, resumeRollout } from './rollout-actions.ts'
import type { ActionRequest } from './schemas.ts'

/** Returns the write of an action: on the rollout itself, or on the runs that a request selects. */
export function writeOfAction(
  target: RolloutTarget,
  action: RolloutAction,
  request: ActionRequest,
  origin: ActionOrigin,
): Write {
  const isOfRuns = request.scopes !== undefined || request.tags !== undefined
  switch (action) {
    case 'pause':
      return isOfRuns ? actOnRuns(target, 'hold', request, origin) : pauseRollout(target, origin)
    case 'resume':
      return isOfRuns ? actOnRuns(target, 'resume', request, origin) : resumeRollout(target, origin)
    default:
      return actOnRuns(target, action, request, origin)
  }
}
