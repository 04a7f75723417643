import { narrow } from '../parts/narrow.ts'
import { columnChoice } from './column-choice.ts'
import { type Column, columnsOf } from './columns.ts'
import { openEnvironment } from './open-environment.ts'
import type { ShownMatrix } from './shown-matrix.ts'

/** Returns the columns that the grid of a matrix shows: those of the URL, or few on a phone. */
export function shownColumns({ environments, instances, rows }: ShownMatrix): readonly Column[] {
  return columnsOf({
    environments,
    instances,
    chosen: columnChoice(),
    open: openEnvironment(),
    rows,
    isNarrow: narrow.current,
  })
}
