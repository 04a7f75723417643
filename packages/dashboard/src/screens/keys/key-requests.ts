import { api, bodyOf, type Schema } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type ApiKey = Schema<'ShownApiKey'>

/** Requests the keys that the session may see. */
export async function requestKeys(signal: AbortSignal): Promise<readonly ApiKey[]> {
  const params = { path: inProject() }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/keys', { params, signal }))
  return items
}

/** Creates a key. Returns its secret, which the server shows only once. */
export async function createKey(body: Schema<'ApiKeyRequest'>): Promise<string | undefined> {
  const params = { path: inProject() }
  const made = await bodyOf(api.POST('/api/v1/projects/{project}/keys', { params, body }))
  return made.secret
}

/** Revokes a key: its programs lose their connections at once. */
export async function revokeKey(key: string, reason: string): Promise<void> {
  const params = { path: { ...inProject(), key }, query: { reason } }
  await bodyOf(api.DELETE('/api/v1/projects/{project}/keys/{key}', { params }))
}
