import { isFlaghoistError } from '@flaghoist/core'
import { storeErrors } from '../errors/store-errors.ts'

/** Returns true for an error of the store itself: it may take the same write later. */
export function isStoreFailure(error: unknown): boolean {
  return isFlaghoistError(error) && error.code in storeErrors && error.status === 503
}
