import { api, bodyOf, changeOf, type Schema, type Versioned, withReason } from '../../api/client.ts'
import type { StoredFlag } from '../../flag/flag-requests.ts'
import { inProject } from '../../project/project.svelte.ts'

export type StaleFlag = Schema<'StaleFlag'>

const pathOf = (flag: string) => ({ ...inProject(), flag })

/** Requests the flags to remove, the most urgent first. */
export function requestStaleFlags(limit: number, signal: AbortSignal) {
  const params = { path: inProject(), query: { limit } }
  return bodyOf(api.GET('/api/v1/projects/{project}/stale-flags', { params, signal }))
}

/** Archives a flag in the version that the person has seen: programs no longer receive it. */
export function archiveFlag(
  { body: { key }, version }: Versioned<StoredFlag>,
  reason: string,
): Promise<number | undefined> {
  const params = { path: pathOf(key), query: withReason(reason), header: { 'if-match': version } }
  return changeOf(api.DELETE('/api/v1/projects/{project}/flags/{flag}', { params }))
}
