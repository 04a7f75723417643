import type { Issue } from '../../errors.ts'
import type { Subscription } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateScope } from './scope.ts'

/** Returns the issues of a subscription: scopes that do not exist. */
export function validateSubscription(
  state: ProjectState,
  { scopes = [] }: Subscription,
): readonly Issue[] {
  return scopes.flatMap((scope) =>
    validateScope(state, scope).map((issue) => ({ ...issue, path: 'scopes' })),
  )
}
