import { api, bodyOf, type Schema, withReason } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Freeze = Schema<'Freeze'>

const LIMIT = 1_000

export async function requestFreezes(signal: AbortSignal): Promise<readonly Freeze[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/freezes', { params, signal }))
  return items
}

export async function createFreeze(body: Freeze, reason: string): Promise<void> {
  const params = { path: inProject(), query: withReason(reason) }
  await bodyOf(api.POST('/api/v1/projects/{project}/freezes', { params, body }))
}

/** Ends a freeze: ordinary changes are accepted again. */
export async function deleteFreeze(key: string, reason: string): Promise<void> {
  const params = { path: { ...inProject(), key }, query: { reason } }
  await bodyOf(api.DELETE('/api/v1/projects/{project}/freezes/{key}', { params }))
}
