import type { MatrixRow } from './matrix-requests.ts'

/**
 * Replaces the rows of flags by those of a newer answer. A flag without one no longer matches the
 * query, and its row goes. Rows stay in the order of their keys.
 */
export function mergeRows<Row extends Pick<MatrixRow, 'key'>>(
  rows: readonly Row[],
  flags: ReadonlySet<string>,
  newer: readonly Row[],
): readonly Row[] {
  const kept = rows.filter(({ key }) => !flags.has(key))
  return [...kept, ...newer].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Returns the places of cells that differ, such as `production 3`. */
export function changedPlaces(before: MatrixRow, after: MatrixRow): readonly string[] {
  return Object.entries(after.cells).flatMap(([environment, cells]) => {
    const old = before.cells[environment]
    if (old === undefined || old.length !== cells.length) return []
    return [...cells].flatMap((char, i) => (char === old[i] ? [] : [`${environment} ${i}`]))
  })
}
