export interface Toast {
  readonly id: number
  readonly text: string
  /** Undoes the announced act; absent if nothing can. */
  readonly undo?: (() => void) | undefined
}

const SHOWN_MS = 8_000

let shown = $state.raw<readonly Toast[]>([])
let lastId = 0

/** Short messages about acts of this person. */
export const toasts = {
  get shown() {
    return shown
  },

  show(text: string, undo?: () => void): void {
    lastId += 1
    const id = lastId
    shown = [...shown, { id, text, undo }]
    setTimeout(() => toasts.dismiss(id), SHOWN_MS)
  },

  dismiss(id: number): void {
    shown = shown.filter((toast) => toast.id !== id)
  },

  /** Undoes the latest act that can be undone. */
  undoLast(): void {
    const last = shown.findLast(({ undo }) => undo !== undefined)
    if (last === undefined) return
    toasts.dismiss(last.id)
    last.undo?.()
  },
}
