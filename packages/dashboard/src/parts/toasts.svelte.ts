export interface Toast {
  readonly id: number
  readonly text: string
  /** Undoes the announced act; absent if nothing can. */
  readonly undo?: (() => void) | undefined
}

const SHOWN_MS = 8_000

let shown = $state.raw<readonly Toast[]>([])
let lastId = 0
/** The latest toast with an undo, until that is used. It outlasts its time on the screen. */
let undoable: Toast | undefined

/** Short messages about acts of this person. */
export const toasts = {
  get shown() {
    return shown
  },

  show(text: string, undo?: () => void): void {
    lastId += 1
    const id = lastId
    const toast: Toast = {
      id,
      text,
      undo:
        undo &&
        (() => {
          if (undoable?.id === id) undoable = undefined
          undo()
        }),
    }
    if (undo) undoable = toast
    shown = [...shown, toast]
    setTimeout(() => toasts.dismiss(id), SHOWN_MS)
  },

  dismiss(id: number): void {
    shown = shown.filter((toast) => toast.id !== id)
  },

  /**
   * Undoes the latest act on the screen that can be undone. One that has left the screen is shown
   * again first, so that a person sees what the next key undoes.
   */
  undoLast(): void {
    const last = shown.findLast(({ undo }) => undo !== undefined)
    if (last !== undefined) {
      toasts.dismiss(last.id)
      last.undo?.()
    } else if (undoable !== undefined) toasts.show(undoable.text, undoable.undo)
    else toasts.show('Nothing to undo on this page. The log can revert any change.')
  },
}
