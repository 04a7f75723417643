import { problemText } from '../api/problem.ts'
import { scopeName } from '../flag/scope-chain.ts'
import { toasts } from '../parts/toasts.svelte.ts'
import { requestRestore } from './kill-requests.ts'

/** Ends the kill of a flag in one scope, and says so. */
export async function restore(flag: string, scope: string): Promise<void> {
  try {
    await requestRestore({ flag, scopes: [scope], reason: 'Restored in the dashboard' })
    toasts.show(`${flag} serves its configuration again in ${scopeName(scope)}`)
  } catch (error) {
    toasts.show(problemText(error))
  }
}
