import type { Issue } from '../../errors.ts'
import { parseScope } from '../../scope.ts'
import type { ProjectState } from '../state.ts'
import { missingText } from './missing.ts'

export const CREATE = 'Create it first.'

/** Returns an issue if the environment or the instance of a scope does not exist. */
export function validateScope(state: ProjectState, scope: string): readonly Issue[] {
  const { environment, instance } = parseScope(scope)
  if (environment !== undefined && !state.environments.has(environment))
    return [
      {
        path: 'scope',
        message: missingText('Environment', environment, {
          known: state.environments.keys(),
          cure: CREATE,
        }),
      },
    ]
  if (instance !== undefined && !state.instances.has(instance))
    return [
      {
        path: 'scope',
        message: missingText('Instance', instance, {
          known: state.instances.keys(),
          cure: CREATE,
        }),
      },
    ]
  return []
}
