import { api, bodyOf, changeOf, type Schema, versionedBodyOf } from '../api/client.ts'
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

/** A view, and the version that a later write names. */
export interface VersionedView {
  readonly view: View
  readonly version: string
}

export async function requestView(key: string, signal: AbortSignal): Promise<VersionedView> {
  const params = { path: pathOf(key) }
  const answer = api.GET('/api/v1/projects/{project}/views/{key}', { params, signal })
  const { body, version } = await versionedBodyOf(answer)
  return { view: body, version }
}

export function createView(body: View): Promise<number | undefined> {
  const params = { path: inProject() }
  return changeOf(api.POST('/api/v1/projects/{project}/views', { params, body }))
}

/** Changes members of a view in the version that the person has seen. */
export function updateView(
  { view: { key }, version }: VersionedView,
  body: Partial<Omit<View, 'key'>>,
): Promise<number | undefined> {
  const params = { path: pathOf(key), header: { 'if-match': version } }
  return changeOf(api.PATCH('/api/v1/projects/{project}/views/{key}', { params, body }))
}

export function deleteView(key: string): Promise<number | undefined> {
  const params = { path: pathOf(key) }
  return changeOf(api.DELETE('/api/v1/projects/{project}/views/{key}', { params }))
}
