import {
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
} from '../../api/client.ts'
import { requestWholeMatrix } from '../../matrix/matrix-requests.ts'
import { createParams, pathTo, writeParams } from '../../project/entity-params.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Instance = Schema<'Instance'>
export type InstanceRow = Schema<'InstanceUsage'>

const LIMIT = 1_000

/** Requests the instances of the project with their connected SDKs and the flags that wait. */
export async function requestInstanceRows(signal: AbortSignal): Promise<readonly InstanceRow[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const path = '/api/v1/projects/{project}/instance-usage'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}

/** Requests the states of all flags in an instance. */
export function requestStates(key: string, signal: AbortSignal) {
  return requestWholeMatrix(`instance:"${key}" -is:archived`, signal)
}

export function requestInstance(key: string): Promise<Versioned<Instance>> {
  const params = { path: pathTo(key) }
  const path = '/api/v1/projects/{project}/instances/{key}'
  return versionedBodyOf(api.GET(path, { params }))
}

export function createInstance(
  body: Partial<Instance> & Pick<Instance, 'key'>,
  reason: string,
): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/instances', { params, body }))
}

type InstancePatch = Partial<Omit<Instance, 'key' | 'businessHours'>> & {
  /** Null for none. */
  readonly businessHours?: Exclude<Instance['businessHours'], undefined> | null
}

/** Changes members of an instance in the version that the person has seen. */
export function updateInstance(
  seen: Versioned<Instance>,
  body: InstancePatch,
  reason = '',
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.PATCH('/api/v1/projects/{project}/instances/{key}', { params, body }))
}

/** Requests the changes that the users of an instance have seen lately in an environment. */
export async function requestReleaseNotes(
  instance: string,
  environment: string,
  signal: AbortSignal,
): Promise<Schema<'ReleaseNotes'>> {
  const params = { path: { ...inProject(), instance }, query: { environment } }
  const path = '/api/v1/projects/{project}/instances/{instance}/release-notes'
  const notes = await bodyOf(api.GET(path, { params, signal }))
  // The server sends Markdown only to those who accept it alone.
  return notes as Schema<'ReleaseNotes'>
}
