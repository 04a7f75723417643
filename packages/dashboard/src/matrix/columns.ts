import { type CellState, cellOf } from '../parts/cells.ts'
import type { MatrixRow } from './matrix-requests.ts'
import type { FlagSelection, FlagTarget } from './selection.svelte.ts'

/** Instances of an open environment that fit on a screen. */
const MAX_INSTANCES = 50

/** States that draw attention, worst first. */
const WORST: readonly CellState[] = ['rolled-back', 'killed', 'quarantined', 'held', 'rolling']

/** Attributes of a flag that have columns, with their titles. */
export const ATTRIBUTES = {
  owner: 'Owner',
  kind: 'Kind',
  tags: 'Tags',
  description: 'Description',
  changed: 'Changed',
} as const
export type Attribute = keyof typeof ATTRIBUTES

/** A column of the grid, from left to right. */
export type Column =
  | { readonly kind: 'flag' | Attribute }
  | { readonly kind: 'environment'; readonly environment: string }
  | {
      readonly kind: 'instance'
      readonly environment: string
      readonly instance: string
      /** Position in the cells of the environment. */
      readonly position: number
    }

/** Columns that people have chosen. */
export interface ColumnChoice {
  /** Names from left to right; undefined for the usual ones. See {@link columnName}. */
  readonly names: readonly string[] | undefined
  /** Instances that an open environment shows; undefined for all. */
  readonly instances: readonly string[] | undefined
}

export type MatrixSelection = FlagSelection<MatrixRow, Column>

interface ColumnOptions {
  readonly environments: readonly string[]
  readonly instances: readonly string[]
  readonly chosen: ColumnChoice
  /** Environment whose instances have columns of their own. */
  readonly open: string | undefined
  readonly rows: readonly MatrixRow[]
  /** Shows the open environment alone, for a phone. */
  readonly isNarrow: boolean
}

/** Returns the name of the column of an attribute. That of an environment is its key. */
export const columnName = (attribute: Attribute): string => `@${attribute}`

/** Returns the names of the columns that a grid has without a choice. */
export function usualColumns(environments: readonly string[]): readonly string[] {
  return [columnName('owner'), ...environments, columnName('changed')]
}

/** Returns the names of all columns, the usual ones first. */
export function allColumns(environments: readonly string[]): readonly string[] {
  const attributes = Object.keys(ATTRIBUTES) as Attribute[]
  return [...new Set([...usualColumns(environments), ...attributes.map(columnName)])]
}

/** Returns the columns of a grid. An open environment shows its instances, at most 50. */
export function columnsOf(options: ColumnOptions): readonly Column[] {
  const { environments, chosen, open, isNarrow } = options
  const names = chosen.names ?? usualColumns(environments)
  if (isNarrow) {
    const shown = environments.filter((key) => names.includes(key))
    const environment = shown.find((key) => key === open) ?? shown.at(-1)
    return [
      { kind: 'flag' },
      ...(environment ? [{ kind: 'environment', environment } as const] : []),
    ]
  }
  return [{ kind: 'flag' }, ...names.flatMap((name) => columnsNamed(name, options))]
}

/** Returns the columns of a name; none for one that this grid does not have. */
function columnsNamed(name: string, options: ColumnOptions): readonly Column[] {
  const attribute = attributeOf(name)
  if (attribute) return [{ kind: attribute }]
  if (!options.environments.includes(name)) return []
  const instances = name === options.open ? shownInstances(options, name) : []
  return [{ kind: 'environment', environment: name }, ...instances]
}

/** Returns the attribute of the name of a column; undefined for that of an environment. */
export function attributeOf(name: string): Attribute | undefined {
  return (Object.keys(ATTRIBUTES) as Attribute[]).find((one) => columnName(one) === name)
}

/** Returns the scope of a column; undefined for one that describes the flag itself. */
export function scopeOf(column: Column): string | undefined {
  if (column.kind === 'environment') return column.environment
  if (column.kind === 'instance') return `${column.environment}/${column.instance}`
  return undefined
}

/** Returns the flag or the cell that a selection of a place means. Attributes mean nothing. */
export function selectedTargets({ key }: MatrixRow, column: Column): readonly FlagTarget[] {
  if (column.kind === 'flag') return [{ flag: key }]
  const scope = scopeOf(column)
  return scope === undefined ? [] : [{ flag: key, scope }]
}

function shownInstances(
  { instances, chosen, rows }: ColumnOptions,
  environment: string,
): readonly Column[] {
  const all = instances
    .map((instance, i) => ({ instance, position: i + 1 }))
    .filter(({ instance }) => chosen.instances?.includes(instance) ?? true)
  const shown = all.length <= MAX_INSTANCES ? all : worstFirst(all, rows, environment)
  return shown
    .slice(0, MAX_INSTANCES)
    .map((column) => ({ kind: 'instance', environment, ...column }) as const)
}

function worstFirst<T extends { readonly position: number }>(
  instances: readonly T[],
  rows: readonly MatrixRow[],
  environment: string,
): readonly T[] {
  const rankOf = ({ position }: T) => {
    const ranks = rows.map(({ cells }) =>
      WORST.indexOf(cellOf(cells[environment]![position]!).state),
    )
    return Math.min(...ranks.map((rank) => (rank < 0 ? WORST.length : rank)))
  }
  return instances
    .map((instance) => ({ instance, rank: rankOf(instance) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ instance }) => instance)
}
