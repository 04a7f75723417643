import type { Issue } from '../../errors.ts'
import { parseScope } from '../../scope.ts'
import type { ProjectState } from '../state.ts'
import { CREATE, missingText } from './missing.ts'

/** Returns an issue if the environment or the instance of a scope does not exist. */
export function validateScope(state: ProjectState, scope: string): readonly Issue[] {
  const { environment, instance } = parseScope(scope)
  const message =
    problemOf('Environment', environment, state.environments) ??
    problemOf('Instance', instance, state.instances)
  return message === undefined ? [] : [{ path: 'scope', message }]
}

function problemOf(
  subject: string,
  key: string | undefined,
  entities: ReadonlyMap<string, unknown>,
): string | undefined {
  if (key === undefined || entities.has(key)) return undefined
  return missingText(subject, key, { known: entities.keys(), cure: CREATE })
}
