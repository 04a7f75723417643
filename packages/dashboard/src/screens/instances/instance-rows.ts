import { api, bodyOf, type Schema } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type InstanceRow = Schema<'InstanceUsage'>

const LIMIT = 1_000

/** Requests the instances of the project with their programs and states. */
export async function requestInstanceRows(signal: AbortSignal): Promise<readonly InstanceRow[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const path = '/api/v1/projects/{project}/instance-usage'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}
