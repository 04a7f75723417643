import { api, changeOf, type Schema, type Versioned, versionedBodyOf } from '../../api/client.ts'
import { createParams, pathTo, writeParams } from '../../project/entity-params.ts'

export type Environment = Schema<'Environment'>

export function requestEnvironment(key: string): Promise<Versioned<Environment>> {
  const path = '/api/v1/projects/{project}/environments/{key}'
  return versionedBodyOf(api.GET(path, { params: { path: pathTo(key) } }))
}

/** Creates an environment. Returns the number of the change. */
export function createEnvironment(body: Environment, reason: string): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/environments', { params, body }))
}

/** Changes an environment in the version that the person has seen. */
export function updateEnvironment(
  seen: Versioned<Environment>,
  { key: _, ...body }: Environment,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.PATCH('/api/v1/projects/{project}/environments/{key}', { params, body }))
}

/** Deletes an environment. The server refuses it while something names the environment. */
export function deleteEnvironment(
  seen: Versioned<Environment>,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/environments/{key}', { params }))
}
