import type { ProjectState } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { lastChangedAt } from '../changes/change-instants.ts'
import { paginate } from '../http/pagination.ts'
import { memoise } from '../memoise.ts'
import { mapInTurns } from '../pause.ts'
import type { LiveProject } from '../projects/projects.ts'
import type { Term } from '../query/parse-query.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { type Columns, positionsOf, selectColumns } from './columns.ts'
import { cellsIn } from './flag-cells.ts'
import type { ReadQuery } from './read-query.ts'
import type { Matrix } from './schemas.ts'

/** A page of a matrix, as a key may see it. */
export interface MatrixRequest extends ReadQuery {
  /** Scope of the key. */
  readonly bound: string | undefined
  readonly page: { readonly limit: number; readonly cursor?: string | undefined }
}

export async function makeMatrix(
  log: Pick<ChangeLog, 'read'>,
  project: LiveProject,
  { columns, terms, matches, bound, page }: MatrixRequest,
): Promise<Matrix> {
  const { state } = project
  const selected = selectColumns(columns, terms)
  const candidates = candidateFlags(state, terms)
  const areWanted = await mapInTurns(candidates, matches)
  const found = candidates.filter((_, i) => areWanted[i])
  const { items, ...rest } = paginate(found, page, ({ key }) => key)
  const instants = await lastChangedAt(log, project, items, bound)
  const cellsOf = createCellReader(state, selected)
  const flags = await mapInTurns(items, (flag, i) => {
    const { key, kind, description, owner, tags } = flag
    const at = instants[i]
    return { key, kind, description, owner, tags, ...(at && { changedAt: at }), ...cellsOf(flag) }
  })
  return {
    version: state.version,
    total: found.length,
    environments: [...selected.environments],
    instances: [...selected.instances],
    flags,
    ...rest,
  }
}

/** Returns the flags that a query names, or all without a name, in the order of their keys. */
function candidateFlags({ flags }: ProjectState, terms: readonly Term[]): readonly Flag[] {
  const named = terms.find(({ qualifier, isNegated }) => qualifier === 'flag' && !isNegated)
  if (named === undefined) return sortedFlags(flags)
  return [...new Set(named.values)].sort().flatMap((key) => flags.get(key) ?? [])
}

const sortedFlags = memoise((flags: ProjectState['flags']) =>
  [...flags.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
)

/** Returns a function that picks the cells of a flag in the selected columns. */
function createCellReader(state: ProjectState, { environments, instances }: Columns) {
  const places = [0, ...positionsOf(state, instances)]
  return (flag: Flag): Pick<Matrix['flags'][number], 'cells' | 'own'> => {
    const all = environments.map((environment) => {
      const { cells, own } = cellsIn(state, flag, environment)
      const picked = places.map((place) => cells[place]).join('')
      const positions = own.map((place) => places.indexOf(place)).filter((place) => place >= 0)
      return { environment, cells: picked, own: positions }
    })
    const owned = all.filter(({ own }) => own.length > 0)
    return {
      cells: Object.fromEntries(all.map(({ environment, cells }) => [environment, cells])),
      own: Object.fromEntries(owned.map(({ environment, own }) => [environment, own])),
    }
  }
}
