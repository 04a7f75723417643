import { problemText } from '../api/problem.ts'
import { toasts } from '../parts/toasts.svelte.ts'

/**
 * Opens a form with the entity that it is on, which lists show without its version. A failure to
 * read it is shown as a message.
 */
export async function openWith<T>(read: Promise<T>, open: (seen: T) => void): Promise<void> {
  try {
    open(await read)
  } catch (error) {
    toasts.show(problemText(error))
  }
}
