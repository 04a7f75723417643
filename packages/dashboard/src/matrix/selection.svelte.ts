import type { GridPlace, GridSelection } from '../parts/grid-keys.ts'
import { type Column, scopeOf } from './columns.ts'
import type { MatrixRow } from './matrix-requests.ts'

/** A selected flag, or a flag in a scope. */
export interface MatrixTarget {
  readonly flag: string
  readonly scope?: string | undefined
}

type Targets = ReadonlyMap<string, MatrixTarget>

/** The rows and columns of a grid. */
interface ShownGrid {
  readonly rows: readonly MatrixRow[]
  readonly columns: readonly Column[]
}

/** The flags and cells of a matrix that people have selected. */
export class MatrixSelection implements GridSelection<MatrixRow, Column> {
  #selected = $state.raw<Targets>(new Map())
  /** The selection without the range that the next extension replaces. */
  #fixed: Targets = new Map()
  /** Beginning of the next range: the target that was selected or deselected last. */
  #anchor: MatrixTarget | undefined
  /** Place that people have moved to last. */
  #place: GridPlace | undefined
  #grid: () => ShownGrid = () => ({ rows: [], columns: [] })

  get targets(): readonly MatrixTarget[] {
    return [...this.#selected.values()]
  }

  /** Sets the grid on screen. */
  show(grid: () => ShownGrid): void {
    this.#grid = grid
  }

  moveTo(place: GridPlace): void {
    this.#place = place
  }

  has({ key }: MatrixRow, column: Column): boolean | undefined {
    if (!isSelectable(column)) return undefined
    return this.#selected.has(nameOf({ flag: key, scope: scopeOf(column) }))
  }

  toggle(place: GridPlace): void {
    const target = this.#targetAt(place)
    if (target) this.toggleTarget(target)
  }

  toggleTarget(target: MatrixTarget): void {
    const selected = new Map(this.#selected)
    if (!selected.delete(nameOf(target))) selected.set(nameOf(target), target)
    this.#set(selected)
    this.#anchor = target
  }

  /** Selects or deselects the target of the last place. */
  toggleHere(): void {
    if (this.#place) this.toggle(this.#place)
  }

  /** Selects the rectangle that ends at a place; without a beginning, it begins at `from`. */
  extend(to: GridPlace, from: GridPlace): void {
    const start = (this.#anchor && this.#placeOf(this.#anchor)) ?? this.#selectablePlace(from)
    const end = this.#selectablePlace(to)
    this.#anchor = this.#targetAt(start)
    const between = (a: number, b: number) => [Math.min(a, b), Math.max(a, b) + 1] as const
    const { rows, columns } = this.#grid()
    const inRange = targetsIn(
      rows.slice(...between(start.row, end.row)),
      columns
        .slice(...between(start.column, end.column))
        .filter(isSelectable)
        .map(scopeOf),
    )
    this.#selected = new Map([...this.#fixed, ...inRange])
  }

  /** Extends the selection to the last place; without a selection, selects its whole column. */
  extendHere(): void {
    if (this.#place === undefined) return
    if (this.#selected.size > 0) this.extend(this.#place, this.#place)
    else this.#set(targetsIn(this.#grid().rows, [this.#targetAt(this.#place)?.scope]))
  }

  /** Selects every shown flag, in the scopes of the selection. */
  spread(): void {
    const scopes = new Set(this.targets.map(({ scope }) => scope))
    this.#set(targetsIn(this.#grid().rows, [...scopes]))
  }

  clear(): void {
    this.#set(new Map())
    this.#anchor = undefined
  }

  #set(selected: Targets): void {
    this.#selected = selected
    this.#fixed = selected
  }

  #targetAt({ row, column }: GridPlace): MatrixTarget | undefined {
    const { rows, columns } = this.#grid()
    const flag = rows[row]?.key
    return flag === undefined ? undefined : { flag, scope: scopeOf(columns[column]!) }
  }

  /** Returns the place of a target; undefined if the grid no longer shows it. */
  #placeOf({ flag, scope }: MatrixTarget): GridPlace | undefined {
    const { rows, columns } = this.#grid()
    const row = rows.findIndex(({ key }) => key === flag)
    const column = columns.findIndex((one) => isSelectable(one) && scopeOf(one) === scope)
    return row < 0 || column < 0 ? undefined : { row, column }
  }

  /** Returns a place itself, or the nearest one at its left that can be selected. */
  #selectablePlace({ row, column }: GridPlace): GridPlace {
    const { columns } = this.#grid()
    return { row, column: columns.slice(0, column + 1).findLastIndex(isSelectable) }
  }
}

/** Columns of attributes select nothing of their own. */
const isSelectable = (column: Column): boolean =>
  column.kind === 'flag' || scopeOf(column) !== undefined

const nameOf = ({ flag, scope }: MatrixTarget): string =>
  scope === undefined ? flag : `${flag}@${scope}`

function targetsIn(rows: readonly MatrixRow[], scopes: readonly (string | undefined)[]): Targets {
  const targets = rows.flatMap(({ key }) => scopes.map((scope) => ({ flag: key, scope })))
  return new Map(targets.map((target) => [nameOf(target), target]))
}
