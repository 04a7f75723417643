import { api, bodyOf, type Schema } from '../../api/client.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Drift = Schema<'Drift'>
export type DriftFlag = Schema<'DriftFlag'>
export type DriftCause = Schema<'DriftCause'>
/** A scope that serves a flag in another way than most, with the cause. */
export type Difference = DriftFlag['differs'][number]

/** Flags of one request. */
export const PAGE = 200

interface DriftRequest {
  /** Scopes to compare, such as `staging,production/*`. */
  readonly scopes: string
  readonly query: string
  /** Limits the list to flags with an unexplained difference. */
  readonly isOnlyUnexplained: boolean
  /** Flags to load, if there are as many. */
  readonly rows: number
}

/** Requests the flags that scopes serve differently, page by page. */
export async function requestDrift(
  { scopes, query, isOnlyUnexplained, rows }: DriftRequest,
  signal: AbortSignal,
): Promise<Drift> {
  const requestPage = (cursor?: string) => {
    const page = {
      scopes,
      query,
      limit: PAGE,
      ...(isOnlyUnexplained && { only: 'unexplained' as const }),
      ...(cursor !== undefined && { cursor }),
    }
    const params = { path: inProject(), query: page }
    return bodyOf(api.GET('/api/v1/projects/{project}/drift', { params, signal }))
  }
  const { flags, ...first } = await requestPage()
  const all = [...flags]
  let { next } = first
  while (next !== undefined && all.length < rows) {
    const page = await requestPage(next)
    all.push(...page.flags)
    next = page.next
  }
  const { next: _, ...rest } = first
  return { ...rest, flags: all, ...(next !== undefined && { next }) }
}
