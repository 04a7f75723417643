import { api, bodyOf } from '../api/client.ts'
import type { LayerTarget } from '../flag/flag-requests.ts'
import { reachesEnvironment } from '../flag/scope-chain.ts'
import { inProject } from '../project/project.svelte.ts'
import { requestRollout } from '../rollouts/rollout-requests.ts'

/** Requests the rollouts of a flag that are in progress where a scope is served. */
export async function requestRunning({ flag, scope }: LayerTarget, signal: AbortSignal) {
  const query = { flag, inProgress: 'true' as const }
  const params = { path: inProject(), query }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/rollouts', { params, signal }))
  const within = items.filter(({ environment }) => reachesEnvironment(scope, environment))
  return Promise.all(within.map(({ key }) => requestRollout(key, signal)))
}
