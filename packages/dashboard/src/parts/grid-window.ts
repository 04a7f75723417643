/** The part of a list from an index up to another one, which it does not contain. */
export interface Span {
  readonly first: number
  readonly end: number
}

/**
 * Returns the lanes of a grid, which are its rows or columns, that intersect a stretch of pixels.
 * @param edges where each lane begins, ascending, and where the last one ends
 */
export function lanesWithin(edges: readonly number[], from: number, to: number): Span {
  const lanes = edges.length - 1
  let first = 0
  while (first < lanes && edges[first + 1]! <= from) first += 1
  let end = first
  while (end < lanes && edges[end]! < to) end += 1
  return { first, end }
}

/** Returns a span that has up to `margin` more lanes at each side, within the limits of another. */
export function widened(
  { first, end }: Span,
  margin: number,
  { first: min, end: max }: Span,
): Span {
  return { first: Math.max(min, first - margin), end: Math.min(max, end + margin) }
}

/** Neighbouring columns that the cells of a row are drawn in together. */
export interface ColumnRun extends Span {
  /** Key among the runs of a row. */
  readonly key: string
  /** True if the cells show states; a run of other cells has one column. */
  readonly areStates: boolean
}

/** Returns the columns of a span in runs: neighbours that show states are one. */
export function runsWithin(
  { first, end }: Span,
  isState: (column: number) => boolean,
): readonly ColumnRun[] {
  const runs: ColumnRun[] = []
  for (let column = first; column < end; column += 1) {
    const areStates = isState(column)
    const last = runs.at(-1)
    if (areStates && last?.areStates) runs[runs.length - 1] = { ...last, end: column + 1 }
    else {
      const key = areStates ? `states ${runs.length}` : `${column}`
      runs.push({ key, first: column, end: column + 1, areStates })
    }
  }
  return runs
}
