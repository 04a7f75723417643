import type { GridPlace, GridSelection } from '../parts/grid-keys.ts'

/** A selected flag, or a flag in a scope. */
export interface FlagTarget {
  readonly flag: string
  readonly scope?: string | undefined
}

type Targets = ReadonlyMap<string, FlagTarget>

/** A row of a grid of flags. */
export interface FlagRow {
  readonly key: string
}

/** The rows and columns of a grid. */
interface ShownGrid<Row, Column> {
  readonly rows: readonly Row[]
  readonly columns: readonly Column[]
}

/** Returns the targets that a cell of a grid means; none for a cell that selects nothing. */
type TargetsOf<Row, Column> = (row: Row, column: Column) => readonly FlagTarget[]

/** The flags and cells of a grid of flags that people have selected. */
export class FlagSelection<Row extends FlagRow, Column> implements GridSelection<Row, Column> {
  readonly #targetsOf: TargetsOf<Row, Column>
  #selected = $state.raw<Targets>(new Map())
  /** The selection without the range that the next extension replaces. */
  #fixed: Targets = new Map()
  /** Beginning of the next range: the flag and the column that were selected or deselected last. */
  #anchor: { readonly flag: string | undefined; readonly column: number } | undefined
  /** Place that people have moved to last. */
  #place: GridPlace | undefined
  #grid: () => ShownGrid<Row, Column> = () => ({ rows: [], columns: [] })

  constructor(targetsOf: TargetsOf<Row, Column>) {
    this.#targetsOf = targetsOf
  }

  get targets(): readonly FlagTarget[] {
    return [...this.#selected.values()]
  }

  /** Sets the grid on screen. */
  show(grid: () => ShownGrid<Row, Column>): void {
    this.#grid = grid
  }

  moveTo(place: GridPlace): void {
    this.#place = place
  }

  has(row: Row, column: Column): boolean | undefined {
    const targets = this.#targetsOf(row, column)
    return targets.length === 0 ? undefined : this.hasAll(targets)
  }

  hasAll(targets: readonly FlagTarget[]): boolean {
    return targets.every((target) => this.#selected.has(nameOf(target)))
  }

  toggle(place: GridPlace): void {
    const { rows } = this.#grid()
    this.toggleTargets(this.#targetsAt(place))
    this.#anchor = { flag: rows[place.row]?.key, column: place.column }
  }

  /** Selects targets, or none of them if all are selected. */
  toggleTargets(targets: readonly FlagTarget[]): void {
    const selected = new Map(this.#selected)
    const areSelected = this.hasAll(targets)
    for (const target of targets)
      if (areSelected) selected.delete(nameOf(target))
      else selected.set(nameOf(target), target)
    this.#set(selected)
  }

  /** Selects or deselects a cell of the grid on screen. */
  toggleCell(row: Row, column: Column): void {
    const { rows, columns } = this.#grid()
    this.toggle({ row: rows.indexOf(row), column: columns.indexOf(column) })
  }

  /** Selects or deselects the targets of the last place. */
  toggleHere(): void {
    if (this.#place) this.toggle(this.#place)
  }

  /** Selects the rectangle that ends at a place; without a beginning, it begins at `from`. */
  extend(to: GridPlace, from: GridPlace): void {
    const start = this.#anchorPlace() ?? this.#selectablePlace(from)
    const end = this.#selectablePlace(to)
    const between = (a: number, b: number) => [Math.min(a, b), Math.max(a, b) + 1] as const
    const { rows, columns } = this.#grid()
    this.#anchor = { flag: rows[start.row]?.key, column: start.column }
    const inRange = rows
      .slice(...between(start.row, end.row))
      .flatMap((row) =>
        columns
          .slice(...between(start.column, end.column))
          .flatMap((column) => this.#targetsOf(row, column)),
      )
    this.#selected = new Map([...this.#fixed, ...byName(inRange)])
  }

  /** Extends the selection to the last place; without a selection, selects its whole column. */
  extendHere(): void {
    const place = this.#place
    if (place === undefined) return
    if (this.#selected.size > 0) this.extend(place, place)
    else this.#set(byName(this.#columnOf(place)))
  }

  /** Selects every shown flag, in the scopes of the selection. */
  spread(): void {
    const scopes = new Set(this.targets.map(({ scope }) => scope))
    const { rows } = this.#grid()
    this.#set(byName(rows.flatMap(({ key }) => [...scopes].map((scope) => ({ flag: key, scope })))))
  }

  clear(): void {
    this.#set(new Map())
    this.#anchor = undefined
  }

  #set(selected: Targets): void {
    this.#selected = selected
    this.#fixed = selected
  }

  #columnOf({ column }: GridPlace): readonly FlagTarget[] {
    return this.#grid().rows.flatMap((_, row) => this.#targetsAt({ row, column }))
  }

  /** Returns the targets of a place; those of its row for a column that selects nothing. */
  #targetsAt({ row, column }: GridPlace): readonly FlagTarget[] {
    const { rows, columns } = this.#grid()
    const shown = rows[row]
    if (shown === undefined) return []
    const targets = columns[column] ? this.#targetsOf(shown, columns[column]) : []
    return targets.length > 0 || !columns[0] ? targets : this.#targetsOf(shown, columns[0])
  }

  /** Returns the place of the anchor; undefined if the grid no longer shows it. */
  #anchorPlace(): GridPlace | undefined {
    if (this.#anchor === undefined) return undefined
    const { flag, column } = this.#anchor
    const row = this.#grid().rows.findIndex(({ key }) => key === flag)
    return row < 0 ? undefined : this.#selectablePlace({ row, column })
  }

  /** Returns a place itself, or the nearest one at its left that selects something. */
  #selectablePlace({ row, column }: GridPlace): GridPlace {
    const { rows, columns } = this.#grid()
    const shown = rows[row]
    const isSelectable = (one: Column) => shown && this.#targetsOf(shown, one).length > 0
    const nearest = columns.slice(0, column + 1).findLastIndex(isSelectable)
    return { row, column: Math.max(0, nearest) }
  }
}

const nameOf = ({ flag, scope }: FlagTarget): string =>
  scope === undefined ? flag : `${flag}@${scope}`

const byName = (targets: readonly FlagTarget[]): Targets =>
  new Map(targets.map((target) => [nameOf(target), target]))
