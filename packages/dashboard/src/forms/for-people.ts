import type { Problem } from '../api/problem.ts'

/** Hints for people in place of those that name headers and parameters of the API. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['VERSION_CONFLICT', 'Check the current state, then make your change again.'],
  ['ENVIRONMENT_PROTECTED', 'Enter a reason, then send the form again.'],
])

/** Returns the problem of a form with a hint that a person can follow in the dashboard. */
export function forPeople(problem: Problem): Problem {
  // A problem of the dashboard itself has no request, and is written for people.
  if (problem.requestId === undefined) return problem
  if (problem.issues)
    return { ...problem, title: 'Not accepted', hint: 'Correct it, then send it again.' }
  return { ...problem, hint: HINTS.get(problem.code) ?? problem.hint }
}
