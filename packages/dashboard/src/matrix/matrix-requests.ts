import { api, bodyOf, type Schema } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type Matrix = Schema<'Matrix'>
export type MatrixRow = Schema<'MatrixFlag'>

/** Flags of one request; the grid requests the next ones when people scroll to them. */
const PAGE = 500

interface MatrixRequest {
  readonly query: string
  readonly cursor?: string | undefined
  /** Maximum number of flags; by default a page of the grid. */
  readonly limit?: number
  readonly signal: AbortSignal
}

/** Requests a page of flags with their states in every scope. */
export function requestMatrix(request: MatrixRequest): Promise<Matrix> {
  const { query, cursor, limit = PAGE, signal } = request
  const parameters = { query, limit, ...(cursor !== undefined && { cursor }) }
  const params = { path: inProject(), query: parameters }
  return bodyOf(api.GET('/api/v1/projects/{project}/matrix', { params, signal }))
}

/** Requests every page of a query as one matrix. */
export async function requestWholeMatrix(query: string, signal: AbortSignal): Promise<Matrix> {
  const first = await requestMatrix({ query, signal })
  const flags = [...first.flags]
  let cursor = first.next
  while (cursor !== undefined) {
    const page = await requestMatrix({ query, cursor, signal })
    flags.push(...page.flags)
    cursor = page.next
  }
  return { ...first, flags }
}

/** Requests the keys of at most `limit` flags that contain a text, without archived ones. */
export async function requestFlagKeys(
  text: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // Quotes keep a colon from being read as a qualifier.
  const words = text && `"${text.replaceAll('"', '')}" `
  const params = { path: inProject(), query: { query: `${words}-is:archived`, limit } }
  const { flags } = await bodyOf(api.GET('/api/v1/projects/{project}/matrix', { params, signal }))
  return flags.map(({ key }) => key)
}

/** Returns a query with the condition that a flag is one of these. */
export function queryOfFlags(query: string, flags: readonly string[]): string {
  return `${query} flag:${flags.map((key) => `"${key}"`).join(',')}`.trim()
}
