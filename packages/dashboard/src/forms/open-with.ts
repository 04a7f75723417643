import { problemText } from '../api/problem.ts'
import { toasts } from '../parts/toasts.svelte.ts'

/**
 * Opens a form with an entity and its version, which the entries of lists lack. Shows a message if
 * the entity cannot be read.
 */
export async function openWith<T>(read: Promise<T>, open: (seen: T) => void): Promise<void> {
  try {
    open(await read)
  } catch (error) {
    toasts.show(problemText(error))
  }
}
