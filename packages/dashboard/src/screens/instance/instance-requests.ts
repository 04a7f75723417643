import { api, bodyOf, type Schema, withReason } from '../../api/client.ts'
import { requestWholeMatrix } from '../../matrix/matrix-requests.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Instance = Schema<'Instance'>

/** Requests an instance with the states of all flags in it. */
export async function requestInstanceView(key: string, signal: AbortSignal) {
  const params = { path: { ...inProject(), key } }
  const [instance, matrix] = await Promise.all([
    bodyOf(api.GET('/api/v1/projects/{project}/instances/{key}', { params, signal })),
    requestWholeMatrix(`instance:"${key}" -is:archived`, signal),
  ])
  return { instance, environments: matrix.environments, flags: matrix.flags }
}

/** Changes members of an instance. */
export async function updateInstance(
  key: string,
  body: Partial<Omit<Instance, 'key'>>,
  reason = '',
): Promise<void> {
  const params = { path: { ...inProject(), key }, query: withReason(reason) }
  await bodyOf(api.PATCH('/api/v1/projects/{project}/instances/{key}', { params, body }))
}

/** Requests the changes that the users of an instance have seen lately. */
export async function requestReleaseNotes(
  instance: string,
  signal: AbortSignal,
): Promise<Schema<'ReleaseNotes'>> {
  const params = { path: { ...inProject(), instance } }
  const path = '/api/v1/projects/{project}/instances/{instance}/release-notes'
  const notes = await bodyOf(api.GET(path, { params, signal }))
  // The server sends Markdown only to those who accept it alone.
  return notes as Schema<'ReleaseNotes'>
}
