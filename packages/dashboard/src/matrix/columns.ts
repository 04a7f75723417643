import { type CellState, cellOf } from '../parts/cells.ts'
import type { MatrixRow } from './matrix-requests.ts'
import type { FlagSelection, FlagTarget } from './selection.svelte.ts'

/** Instances of an open environment that fit on a screen. */
const MAX_INSTANCES = 50

/** States that draw attention, worst first. */
const WORST: readonly CellState[] = ['rolled-back', 'killed', 'quarantined', 'held', 'rolling']

/** A column of the grid, from left to right. */
export type Column =
  | { readonly kind: 'flag' }
  | { readonly kind: 'owner' }
  | { readonly kind: 'environment'; readonly environment: string }
  | {
      readonly kind: 'instance'
      readonly environment: string
      readonly instance: string
      /** Position in the cells of the environment. */
      readonly position: number
    }
  | { readonly kind: 'changed' }

export type MatrixSelection = FlagSelection<MatrixRow, Column>

interface ColumnOptions {
  readonly environments: readonly string[]
  readonly instances: readonly string[]
  /** Environment whose instances have columns of their own. */
  readonly open: string | undefined
  readonly rows: readonly MatrixRow[]
  /** Shows the open environment alone, for a phone. */
  readonly isNarrow: boolean
}

/** Returns the columns of a grid. An open environment shows its instances, at most 50. */
export function columnsOf(options: ColumnOptions): readonly Column[] {
  const { environments, instances, open, rows, isNarrow } = options
  if (isNarrow) {
    const environment = open ?? environments.at(-1)
    return [
      { kind: 'flag' },
      ...(environment ? [{ kind: 'environment', environment } as const] : []),
    ]
  }
  const ofEnvironment = (environment: string): readonly Column[] => [
    { kind: 'environment', environment },
    ...(environment === open ? shownInstances(instances, rows, environment) : []),
  ]
  return [
    { kind: 'flag' },
    { kind: 'owner' },
    ...environments.flatMap(ofEnvironment),
    { kind: 'changed' },
  ]
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
  instances: readonly string[],
  rows: readonly MatrixRow[],
  environment: string,
): readonly Column[] {
  const all = instances.map((instance, i) => ({ instance, position: i + 1 }))
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
