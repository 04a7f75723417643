import type { MatrixRow } from './matrix-requests.ts'
import { changedPlaces } from './merge-rows.ts'

/** Time for which a changed cell is marked. */
export const MARKED_MS = 600

/** A row on screen. */
export interface ShownRow extends MatrixRow {
  /** Places of cells that have just changed, such as `production 3`. */
  readonly marked?: ReadonlySet<string> | undefined
}

/** A matrix on screen. */
export interface ShownMatrix {
  readonly rows: readonly ShownRow[]
  readonly environments: readonly string[]
  readonly instances: readonly string[]
  /** Number of flags, also of those that are not loaded; undefined before the first response. */
  readonly total: number | undefined
  /** Loads the next rows; absent if there is one page only. */
  loadMore?(): Promise<void>
}

/** Returns a row with marks at the cells that differ from those before. */
export function withMarks(row: MatrixRow, before: MatrixRow | undefined): ShownRow {
  const places = before ? changedPlaces(before, row) : []
  return places.length === 0 ? row : { ...row, marked: new Set(places) }
}
