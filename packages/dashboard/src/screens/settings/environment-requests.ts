import { api, changeOf, type Schema, versionedBodyOf, withReason } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Environment = Schema<'Environment'>

const pathOf = (key: string) => ({ ...inProject(), key })

/** An environment, and the version that a later write names. */
export interface VersionedEnvironment {
  readonly environment: Environment
  readonly version: string
}

export async function requestEnvironment(
  key: string,
  signal: AbortSignal,
): Promise<VersionedEnvironment> {
  const path = '/api/v1/projects/{project}/environments/{key}'
  const answer = api.GET(path, { params: { path: pathOf(key) }, signal })
  const { body, version } = await versionedBodyOf(answer)
  return { environment: body, version }
}

/** Creates an environment. Returns the number of the change. */
export function createEnvironment(body: Environment, reason: string): Promise<number | undefined> {
  const params = { path: inProject(), query: withReason(reason) }
  return changeOf(api.POST('/api/v1/projects/{project}/environments', { params, body }))
}

/** Changes an environment in the version that the person has seen. */
export function updateEnvironment(
  { environment: { key }, version }: VersionedEnvironment,
  body: Omit<Environment, 'key'>,
  reason: string,
): Promise<number | undefined> {
  const header = { 'if-match': version }
  const params = { path: pathOf(key), header, query: withReason(reason) }
  return changeOf(api.PATCH('/api/v1/projects/{project}/environments/{key}', { params, body }))
}

/** Deletes an environment. The server refuses it while something names the environment. */
export function deleteEnvironment(key: string, reason: string): Promise<number | undefined> {
  const params = { path: pathOf(key), query: withReason(reason) }
  return changeOf(api.DELETE('/api/v1/projects/{project}/environments/{key}', { params }))
}
