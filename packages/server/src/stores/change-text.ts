import { canonicalJson } from '@flaghoist/core/internal'
import type { Change, LoggedEdit } from '@flaghoist/core/schema'
import { bytesInSteps } from '../bytes-in-steps.ts'
import { runInTurns } from '../pause.ts'

/** The texts of lists of edits: a commit hashes a change before it stores it. */
const texts = new WeakMap<readonly LoggedEdit[], string>()

/**
 * Serialises the edits of a change ahead, in turns of the event loop that are short. It collects
 * bytes: the garbage collector copies 20,000 texts several times, and their join is a long turn.
 */
export async function serialiseEdits(edits: readonly LoggedEdit[]): Promise<void> {
  const bytes = await runInTurns(bytesInSteps(piecesOf(edits)))
  texts.set(edits, bytes.toString())
}

function* piecesOf(edits: readonly LoggedEdit[]): Generator<string> {
  yield '['
  for (const [i, edit] of edits.entries()) yield (i === 0 ? '' : ',') + canonicalJson(edit)
  yield ']'
}

/** Returns the canonical JSON of a change. Uses the text of {@link serialiseEdits}. */
export function changeText(change: Omit<Change, 'hash'>): string {
  const members = Object.entries({ ...change, edits: undefined })
    .filter(([name, value]) => name === 'edits' || value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const known = name === 'edits' ? texts.get(change.edits) : undefined
      const text = known ?? canonicalJson(name === 'edits' ? change.edits : value)
      return `${JSON.stringify(name)}:${text}`
    })
  return `{${members.join(',')}}`
}
