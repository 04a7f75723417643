import { RequestError } from '../api/problem.ts'

/** Checks that a write was refused because another person has changed the entity. */
export function isVersionConflict(error: unknown): boolean {
  return error instanceof RequestError && error.problem.code === 'VERSION_CONFLICT'
}

/**
 * Returns the problem of a form whose entity another person has changed.
 * @param hint says what the form shows now, and what the person can do
 */
export function savedFirst(hint: string): RequestError {
  return new RequestError({
    status: 409,
    code: 'VERSION_CONFLICT',
    title: 'Another person saved first',
    detail: 'Another person has saved a change since you opened this form.',
    hint,
  })
}
