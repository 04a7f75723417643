import { api, bodyOf } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export interface LogFilter {
  readonly flag: string | undefined
  readonly scope: string | undefined
  readonly actor: string | undefined
  /** Earliest time, ISO 8601. */
  readonly from: string | undefined
  /** `next` of the page above; absent for the first page. */
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Requests one page of the changes that match every condition, newest first. */
export function requestLog(filter: LogFilter, signal: AbortSignal) {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  const params = { path: inProject(), query: Object.fromEntries(given) }
  return bodyOf(api.GET('/api/v1/projects/{project}/changes', { params, signal }))
}
