import { canonicalJson } from '@flaghoist/core/internal'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import { createPause } from '../pause.ts'

const texts = new WeakMap<LoggedEdit, string>()

/** Serialises the edits of a change ahead, in turns of the event loop that are short. */
export async function serialiseEdits(edits: readonly LoggedEdit[]): Promise<void> {
  const pause = createPause()
  for (const edit of edits) {
    texts.set(edit, canonicalJson(edit))
    await pause()
  }
}

/** Returns the canonical JSON of a change. Uses the texts of {@link serialiseEdits}. */
export function changeText(change: Omit<Change, 'hash'>): string {
  const members = Object.entries({ ...change, edits: undefined })
    .filter(([name, value]) => name === 'edits' || value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const text = name === 'edits' ? editsText(change.edits) : canonicalJson(value)
      return `${JSON.stringify(name)}:${text}`
    })
  return `{${members.join(',')}}`
}

function editsText(edits: readonly LoggedEdit[]): string {
  return `[${edits.map((edit) => texts.get(edit) ?? canonicalJson(edit)).join(',')}]`
}
