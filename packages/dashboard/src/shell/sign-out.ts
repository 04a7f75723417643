import { problemText } from '../api/problem.ts'
import { toasts } from '../parts/toasts.svelte.ts'
import { session } from '../session/session.svelte.ts'

/** Signs out, or shows the problem that prevents it. */
export async function signOut(): Promise<void> {
  try {
    await session.signOut()
  } catch (error) {
    toasts.show(problemText(error))
  }
}
