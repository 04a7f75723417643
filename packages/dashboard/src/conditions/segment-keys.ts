import { api, bodyOf } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

const SEGMENTS = 1_000

/** Requests the keys of the segments that the key sees. */
export async function requestSegmentKeys(signal: AbortSignal): Promise<readonly string[]> {
  const params = { path: inProject(), query: { limit: SEGMENTS } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/segments', { params, signal }))
  return items.map(({ key }) => key)
}
