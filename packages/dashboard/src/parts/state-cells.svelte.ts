import type { Attachment } from 'svelte/attachments'

/** A cell that shows a state and nothing else. */
export interface StateCell {
  /** Classes of the cell. */
  readonly look: string
  /** Accessible name. */
  readonly name: string | undefined
  /** Undefined for a cell that cannot be selected. */
  readonly isSelected: boolean | undefined
  /** Set for the active cell. */
  readonly id: string | undefined
}

/** The cells of neighbouring columns in one row. */
export interface StateCells {
  /** Index of the first column. */
  readonly first: number
  readonly cells: readonly StateCell[]
}

/** Draws cells in an element. Later, it draws only the changed ones again. */
export function stateCells(read: () => StateCells): Attachment<HTMLElement> {
  // A page of a matrix has more than a thousand: an effect for each would take most of its time.
  return (parent) => {
    const drawn = new Map<number, { readonly element: HTMLElement; readonly cell: StateCell }>()
    $effect(() => {
      const { first, cells } = read()
      for (const [column, { element }] of drawn) {
        if (column >= first && column < first + cells.length) continue
        element.remove()
        drawn.delete(column)
      }
      // Columns that come at the left belong before those that stay.
      const { firstElementChild } = parent
      const lowest = Number(firstElementChild?.ariaColIndex) - 1
      cells.forEach((cell, i) => {
        const column = first + i
        const before = drawn.get(column)
        const element = before?.element ?? createCell(column)
        if (before === undefined)
          parent.insertBefore(element, column < lowest ? firstElementChild : null)
        update(element, before?.cell, cell)
        drawn.set(column, { element, cell })
      })
    })
  }
}

function createCell(column: number): HTMLElement {
  const element = document.createElement('div')
  element.role = 'gridcell'
  element.ariaColIndex = `${column + 1}`
  return element
}

function update(element: HTMLElement, before: StateCell | undefined, cell: StateCell): void {
  const { look, name, isSelected, id } = cell
  if (look !== before?.look) element.className = look
  if (name !== before?.name) element.ariaLabel = name ?? null
  if (isSelected !== before?.isSelected)
    element.ariaSelected = isSelected === undefined ? null : `${isSelected}`
  if (id === before?.id) return
  if (id === undefined) element.removeAttribute('id')
  else element.id = id
}
