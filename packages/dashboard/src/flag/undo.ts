import { problemText } from '../api/problem.ts'
import { toasts } from '../parts/toasts.svelte.ts'
import { revertChange } from './flag-requests.ts'

/**
 * Shows that a change is made, with an undo that reverts it.
 * @param seq number of the change; undefined if the write changed nothing
 */
export function announceChange(text: string, seq: number | undefined): void {
  if (seq === undefined) toasts.show('Nothing has changed: the settings were the same before')
  else toasts.show(text, () => void undo(seq))
}

async function undo(seq: number): Promise<void> {
  try {
    await revertChange(seq, { reason: `Undo of change ${seq}` })
    toasts.show(`Change ${seq} is reverted`)
  } catch (error) {
    toasts.show(problemText(error))
  }
}
