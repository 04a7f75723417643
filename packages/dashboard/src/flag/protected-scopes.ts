import { project } from '../project/project.svelte.ts'
import { reachesEnvironment } from './scope-chain.ts'

/** Checks that settings of some scopes can apply in a protected environment. */
export function reachProtected(scopes: readonly string[]): boolean {
  return project.environments.some(
    (one) => one.protected && scopes.some((scope) => reachesEnvironment(scope, one.key)),
  )
}
