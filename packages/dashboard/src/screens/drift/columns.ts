import type { FlagSelection } from '../../matrix/selection.svelte.ts'
import { isUnexplained } from './cause-texts.ts'
import type { DriftFlag } from './drift-requests.ts'

/** Scopes that fit on a screen. */
const MAX_SCOPES = 50

/** A column of the grid, from left to right. */
export type Column =
  | { readonly kind: 'flag' }
  | { readonly kind: 'causes' }
  | { readonly kind: 'scope'; readonly position: number }

export type DriftSelection = FlagSelection<DriftFlag, Column>

interface ColumnOptions {
  readonly rows: readonly DriftFlag[]
  /** Number of compared scopes. */
  readonly scopes: number
  /** Shows the flags alone, with their causes below the keys, for a phone. */
  readonly isNarrow: boolean
}

/**
 * Returns the columns of a grid: the flags, the causes in words, and at most 50 scopes. Of more, it
 * shows those with the most unexplained differences.
 */
export function columnsOf({ rows, scopes, isNarrow }: ColumnOptions): readonly Column[] {
  if (isNarrow) return [{ kind: 'flag' }]
  const positions = [...Array(scopes).keys()]
  const shown = scopes <= MAX_SCOPES ? positions : worstOf(positions, rows)
  return [
    { kind: 'flag' },
    { kind: 'causes' },
    ...shown.map((position) => ({ kind: 'scope', position }) as const),
  ]
}

/** Returns the positions with the most differences, in their order; unexplained ones weigh more. */
function worstOf(positions: readonly number[], rows: readonly DriftFlag[]): readonly number[] {
  const weights = positions.map(() => 0)
  for (const { position, cause } of rows.flatMap(({ differs }) => differs))
    weights[position]! += isUnexplained(cause) ? rows.length + 1 : 1
  return positions
    .toSorted((a, b) => weights[b]! - weights[a]!)
    .slice(0, MAX_SCOPES)
    .sort((a, b) => a - b)
}
