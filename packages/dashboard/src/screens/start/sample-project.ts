import { api, bodyOf } from '../../api/client.ts'
import type { Ask } from '../../sample/ask.ts'
import { session } from '../../session/session.svelte.ts'

/** Key of the sample project, which keeps the sample apart from real flags. */
export const SAMPLE = 'sample'

/**
 * Creates the sample project. Deletes it again if a request fails.
 * @throws {RequestError} such as for a key that may not create projects
 */
export async function createSampleProject(): Promise<void> {
  const { fillProject } = await import('../../sample/fill-project.ts')
  await bodyOf(api.POST('/api/v1/projects', { body: { key: SAMPLE, name: 'Sample shop' } }))
  try {
    await fillProject({ person: () => ask, sdk: askAsSdk })
  } catch (error) {
    const params = { path: { project: SAMPLE }, query: { confirm: SAMPLE } }
    await api.DELETE('/api/v1/projects/{project}', { params })
    throw error
  }
  await session.renew()
}

/** The paths of the sample are texts, so the client cannot check them. */
const request = api.request as (
  method: 'get' | 'post' | 'patch' | 'delete',
  path: string,
  init: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> },
) => ReturnType<typeof api.GET>

const METHODS = { GET: 'get', POST: 'post', PATCH: 'patch', DELETE: 'delete' } as const

const ask: Ask = (method, path, body) =>
  bodyOf(request(METHODS[method], `/api/v1/projects/${SAMPLE}/${path}`, body ? { body } : {}))

const askAsSdk =
  (key: string): Ask =>
  (method, path, body) => {
    const headers = { authorization: `Bearer ${key}` }
    return bodyOf(request(METHODS[method], `/sdk/v1/${path}`, { ...(body && { body }), headers }))
  }
