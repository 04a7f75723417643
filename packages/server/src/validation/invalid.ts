import type { FlaghoistError, Issue } from '@flaghoist/core'
import { problem } from '../errors.ts'

/** The error of a request that does not match its schema. */
export function invalidRequest(issues: readonly Issue[]): FlaghoistError {
  const hint = issues.some(({ path }) => path !== '')
    ? 'Fix the members that "issues" names; /docs describes every request.'
    : undefined
  return problem('REQUEST_INVALID', { problem: firstOf(issues) }, { issues, hint })
}

/** The error of a change that its project cannot have. */
export function invalidChange(issues: readonly Issue[]): FlaghoistError {
  return problem('INVALID_CHANGE', { problem: firstOf(issues) }, { issues })
}

function firstOf([first]: readonly Issue[]): string {
  return [first?.path, first?.message].filter(Boolean).join(': ')
}
