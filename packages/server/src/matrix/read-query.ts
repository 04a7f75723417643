import { staleFilter } from '../flags/stale.ts'
import type { Principal } from '../http/principal.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { Term } from '../query/parse-query.ts'
import type { Services } from '../services.ts'
import { type Columns, visibleColumns } from './columns.ts'
import { asksFor, flagCheck, parseFlagQuery } from './flag-query.ts'

/** A query of flags, as a key may ask it. */
export interface ReadQuery {
  /** Columns that the key may see. */
  readonly columns: Columns
  readonly terms: readonly Term[]
  readonly matches: ReturnType<typeof flagCheck>
}

/**
 * Reads a query of flags, and the facts that it needs.
 * @param now epoch ms
 * @throws {FlaghoistError} `REQUEST_INVALID`
 */
export async function readFlagQuery(
  { log }: Pick<Services['stores'], 'log'>,
  project: LiveProject,
  { query, principal: { scope, name: me }, now }: FlagQuery,
): Promise<ReadQuery> {
  const { state } = project
  const columns = visibleColumns(state, scope)
  const terms = parseFlagQuery(query, columns)
  const isStale = asksFor(terms, 'is', 'stale')
    ? await staleFilter(log, project, { scope, now })
    : () => false
  return { columns, terms, matches: flagCheck(terms, { state, columns, me, isStale, now }) }
}

interface FlagQuery {
  readonly query: string
  readonly principal: Principal
  readonly now: number
}
