import { api, bodyOf, changeOf, type Schema } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type View = Schema<'View'>

const LIMIT = 500

const pathOf = (key: string) => ({ ...inProject(), key })

/** Requests the views of the project; a key that is limited to a scope sees none. */
export async function requestViews(signal: AbortSignal): Promise<readonly View[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/views', { params, signal }))
  return items
}

export function requestView(key: string, signal: AbortSignal): Promise<View> {
  const params = { path: pathOf(key) }
  return bodyOf(api.GET('/api/v1/projects/{project}/views/{key}', { params, signal }))
}

export function createView(body: View): Promise<number | undefined> {
  const params = { path: inProject() }
  return changeOf(api.POST('/api/v1/projects/{project}/views', { params, body }))
}

/** Changes members of a view. Its parameters are replaced as a whole. */
export function updateView(
  key: string,
  body: Partial<Omit<View, 'key'>>,
): Promise<number | undefined> {
  const params = { path: pathOf(key) }
  return changeOf(api.PATCH('/api/v1/projects/{project}/views/{key}', { params, body }))
}

export function deleteView(key: string): Promise<number | undefined> {
  const params = { path: pathOf(key) }
  return changeOf(api.DELETE('/api/v1/projects/{project}/views/{key}', { params }))
}
