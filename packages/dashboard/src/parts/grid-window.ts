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
