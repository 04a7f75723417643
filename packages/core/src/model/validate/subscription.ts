import type { Issue } from '../../errors.ts'
import type { Subscription } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateScope } from './scope.ts'
import { validateTimeZone } from './time-zone.ts'

/** Returns the issues of a subscription: scopes and time zones that do not exist. */
export function validateSubscription(
  state: ProjectState,
  { scopes = [], dailyReport }: Subscription,
  before: Subscription | undefined,
): readonly Issue[] {
  const issues = scopes.flatMap((scope) =>
    validateScope(state, scope).map((issue) => ({ ...issue, path: 'scopes' })),
  )
  if (dailyReport === undefined) return issues
  const current = before?.dailyReport?.timeZone
  return [...issues, ...validateTimeZone('dailyReport.timeZone', current, dailyReport.timeZone)]
}
