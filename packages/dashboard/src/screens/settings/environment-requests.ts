import {
  api,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
  withReason,
} from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Environment = Schema<'Environment'>

const pathOf = (key: string) => ({ ...inProject(), key })

export function requestEnvironment(key: string): Promise<Versioned<Environment>> {
  const path = '/api/v1/projects/{project}/environments/{key}'
  return versionedBodyOf(api.GET(path, { params: { path: pathOf(key) } }))
}

/** Creates an environment. Returns the number of the change. */
export function createEnvironment(body: Environment, reason: string): Promise<number | undefined> {
  const params = { path: inProject(), query: withReason(reason) }
  return changeOf(api.POST('/api/v1/projects/{project}/environments', { params, body }))
}

/** Changes an environment in the version that the person has seen. */
export function updateEnvironment(
  { body: { key }, version }: Versioned<Environment>,
  { key: _, ...body }: Environment,
  reason: string,
): Promise<number | undefined> {
  const header = { 'if-match': version }
  const params = { path: pathOf(key), header, query: withReason(reason) }
  return changeOf(api.PATCH('/api/v1/projects/{project}/environments/{key}', { params, body }))
}

/** Deletes an environment. The server refuses it while something names the environment. */
export function deleteEnvironment(
  { body: { key }, version }: Versioned<Environment>,
  reason: string,
): Promise<number | undefined> {
  const header = { 'if-match': version }
  const params = { path: pathOf(key), header, query: withReason(reason) }
  return changeOf(api.DELETE('/api/v1/projects/{project}/environments/{key}', { params }))
}
