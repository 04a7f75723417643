/** A cell of a grid, by its row and column. */
export interface GridPlace {
  readonly row: number
  readonly column: number
}

/** The selected cells of a grid, and the ways in which people change them. */
export interface GridSelection<Row, Column> {
  /** Checks that a cell is selected; undefined for a cell that cannot be. */
  has(row: Row, column: Column): boolean | undefined
  /** Called on a click with Ctrl or ⌘. */
  toggle(place: GridPlace): void
  /** Called on a move or a click with Shift, with the new place and the one before. */
  extend(to: GridPlace, from: GridPlace): void
}

interface GridMoves {
  readonly rows: number
  readonly columns: number
  /** Rows that fit on the screen. */
  readonly pageRows: number
  /** Moves by `j` and `k` as well. */
  readonly hasLetters: boolean
}

/**
 * Returns the cell that a key leads to; undefined for a key that does not move. `KeyList` names the
 * keys.
 */
export function movedBy(
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>,
  { row, column }: GridPlace,
  { rows, columns, pageRows, hasLetters }: GridMoves,
): GridPlace | undefined {
  const isWhole = ctrlKey || metaKey
  const moves: Readonly<Record<string, GridPlace>> = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    Home: { row: isWhole ? 0 : row, column: 0 },
    End: { row: isWhole ? rows - 1 : row, column: columns - 1 },
    PageUp: { row: row - pageRows, column },
    PageDown: { row: row + pageRows, column },
    ...(hasLetters && !isWhole && { j: { row: row + 1, column }, k: { row: row - 1, column } }),
  }
  const moved = moves[key]
  if (moved === undefined) return undefined
  const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value))
  return { row: clamp(moved.row, rows), column: clamp(moved.column, columns) }
}
