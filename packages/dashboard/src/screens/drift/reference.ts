import type { DriftCell } from './drift-cells.ts'
import type { DriftFlag } from './drift-requests.ts'

/** An edit that makes a scope serve a flag as another scope does. */
interface AlignEdit {
  readonly flag: string
  readonly scope: string
  /** Scope that is the reference. */
  readonly align: string
}

/** Returns the first scope that serves the most common configuration of a flag. */
function commonScope({ differs }: DriftFlag, scopes: readonly string[]): string {
  const differing = new Set(differs.map(({ position }) => position))
  return scopes.find((_, i) => !differing.has(i))!
}

/**
 * Returns the edits that align cells. A cell of the reference itself needs none.
 * @param reference scope to align with; undefined for the most common configuration of each flag
 */
export function alignEdits(
  cells: readonly DriftCell[],
  { flags, scopes }: { readonly flags: readonly DriftFlag[]; readonly scopes: readonly string[] },
  reference: string | undefined,
): readonly AlignEdit[] {
  const rows = new Map(flags.map((row) => [row.key, row]))
  return cells.flatMap(({ flag, scope }) => {
    const row = rows.get(flag)
    if (row === undefined) return []
    const align = reference ?? commonScope(row, scopes)
    return align === scope ? [] : { flag, scope, align }
  })
}
