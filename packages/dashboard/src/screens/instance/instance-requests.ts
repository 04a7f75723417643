import { api, bodyOf, changeOf, type Schema, withReason } from '../../api/client.ts'
import { requestWholeMatrix } from '../../matrix/matrix-requests.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Instance = Schema<'Instance'>

/** An instance, and the version that a later write names. */
export interface VersionedInstance {
  readonly instance: Instance
  readonly version: string
}

/** Requests the states of all flags in an instance. */
export function requestStates(key: string, signal: AbortSignal) {
  return requestWholeMatrix(`instance:"${key}" -is:archived`, signal)
}

type InstancePatch = Partial<Omit<Instance, 'key' | 'businessHours'>> & {
  /** Null for none. */
  readonly businessHours?: Exclude<Instance['businessHours'], undefined> | null
}

/** Changes members of an instance in the version that the person has seen. */
export function updateInstance(
  { instance: { key }, version }: VersionedInstance,
  body: InstancePatch,
  reason = '',
): Promise<number | undefined> {
  const params = {
    path: { ...inProject(), key },
    query: withReason(reason),
    header: { 'if-match': version },
  }
  return changeOf(api.PATCH('/api/v1/projects/{project}/instances/{key}', { params, body }))
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
