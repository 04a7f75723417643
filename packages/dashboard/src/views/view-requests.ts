import {
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
} from '../api/client.ts'
import { pathTo } from '../project/entity-params.ts'
import { inProject } from '../project/project.svelte.ts'

export type View = Schema<'View'>

const LIMIT = 500

/** Requests the views of the project; a key that is limited to a scope sees none. */
export async function requestViews(signal: AbortSignal): Promise<readonly View[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/views', { params, signal }))
  return items
}

export function requestView(key: string, signal?: AbortSignal): Promise<Versioned<View>> {
  const params = { path: pathTo(key) }
  const path = '/api/v1/projects/{project}/views/{key}'
  return versionedBodyOf(api.GET(path, { params, ...(signal && { signal }) }))
}

export function createView(body: View): Promise<number | undefined> {
  const params = { path: inProject() }
  return changeOf(api.POST('/api/v1/projects/{project}/views', { params, body }))
}

/** Changes members of a view in the version that the person has seen. */
export function updateView(
  { body: { key }, version }: Versioned<View>,
  body: Partial<Omit<View, 'key'>>,
): Promise<number | undefined> {
  const params = { path: pathTo(key), header: { 'if-match': version } }
  return changeOf(api.PATCH('/api/v1/projects/{project}/views/{key}', { params, body }))
}

/** Deletes a view in the version that the person has seen. */
export function deleteView({ body, version }: Versioned<View>): Promise<number | undefined> {
  const params = { path: pathTo(body.key), header: { 'if-match': version } }
  return changeOf(api.DELETE('/api/v1/projects/{project}/views/{key}', { params }))
}
