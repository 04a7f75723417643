import type { FlagTarget } from '../../matrix/selection.svelte.ts'
import { differenceAt, isUnexplained } from './cause-texts.ts'
import type { DriftCause, DriftFlag } from './drift-requests.ts'

/** A flag in one of the compared scopes. */
export interface DriftCell {
  readonly flag: string
  readonly scope: string
  /** Cause of its difference; undefined where it serves as most scopes. */
  readonly cause: DriftCause | undefined
}

/** Returns the cell of a flag at the position of a scope. */
export function cellAt(row: DriftFlag, scopes: readonly string[], position: number): DriftCell {
  const cause = differenceAt(row, position)?.cause
  return { flag: row.key, scope: scopes[position]!, cause }
}

/** Returns the unexplained differences of a flag; all its differences if each is explained. */
export function cellsOf(row: DriftFlag, scopes: readonly string[]): readonly DriftCell[] {
  const cells = row.differs.map(({ position }) => cellAt(row, scopes, position))
  const unexplained = cells.filter(({ cause }) => cause && isUnexplained(cause))
  return unexplained.length > 0 ? unexplained : cells
}

/** Returns the cells of a selection that are still on screen, with their causes of now. */
export function selectedCells(
  targets: readonly FlagTarget[],
  rows: readonly DriftFlag[],
  scopes: readonly string[],
): readonly DriftCell[] {
  const byKey = new Map(rows.map((row) => [row.key, row]))
  return targets.flatMap(({ flag, scope = '' }) => {
    const row = byKey.get(flag)
    const position = scopes.indexOf(scope)
    return row === undefined || position < 0 ? [] : cellAt(row, scopes, position)
  })
}
